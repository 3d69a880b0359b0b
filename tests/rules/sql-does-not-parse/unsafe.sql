create tabel t (a int);
