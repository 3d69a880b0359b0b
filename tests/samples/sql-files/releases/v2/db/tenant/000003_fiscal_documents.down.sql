drop table "NfceDocumento";
drop table "NfcePreEmissao";
drop table "NfceNumeroReserva";
