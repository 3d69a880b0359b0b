using System.Collections.Frozen;

namespace SafeDeploy.Risk.Effects;

/// <summary>PostgreSQL's own functions that are stable or immutable, read from pg_proc; internal support functions left out.</summary>
/// <remarks>
/// A default that calls one of them is evaluated once for all old rows, anything else once a row (sql-altertable,
/// "Notes"). timezone is among them, which AT TIME ZONE calls: only its form for timetz was volatile, before 14.
/// A function that is neither here nor in the schema is taken for volatile, as CREATE FUNCTION does.
/// </remarks>
internal static class BuiltInRoutines
{
    public static bool IsStable(string name) => Stable.Contains(name);

    private static readonly FrozenSet<string> Stable = Names.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)
        .ToFrozenSet(StringComparer.Ordinal);

    private const string Names = """
        _pg_char_max_length _pg_char_octet_length _pg_datetime_precision _pg_expandarray _pg_index_position _pg_interval_type _pg_numeric_precision
        _pg_numeric_precision_radix _pg_truetypid _pg_truetypmod abbrev abs aclcontains aclexplode aclinsert aclremove acos acosd acosh age anytextcat area
        array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position array_positions array_prepend array_remove
        array_replace array_to_json array_to_string array_to_tsvector array_upper arraycontained arraycontains arrayoverlap ascii asind asinh atan atan2
        atan2d atand atanh bit bit_count bit_length bitand bitcat bitnot bitor bitshiftleft bitshiftright bitxor bool booland_statefunc boolor_statefunc
        bound_box box box_above box_add box_below box_center box_contain_pt box_contained box_distance box_div box_intersect box_left box_mul box_overabove
        box_overbelow box_overlap box_overleft box_overright box_right box_same box_sub broadcast byteacat byteacmp bytealike byteanlike cardinality
        cashlarger cashsmaller cbrt ceil ceiling center char char_length character_length chr cidr close_ls close_lseg close_pb close_pl close_ps close_sb
        col_description concat concat_ws convert convert_from convert_to cos cosd cosh cot cotd current_database current_schema current_schemas
        current_setting current_user database_to_xml database_to_xml_and_xmlschema database_to_xmlschema date date_cmp_timestamp date_cmp_timestamptz
        date_eq_timestamp date_eq_timestamptz date_ge_timestamp date_ge_timestamptz date_gt_timestamp date_gt_timestamptz date_le_timestamp
        date_le_timestamptz date_lt_timestamp date_lt_timestamptz date_mi date_mi_interval date_mii date_ne_timestamp date_ne_timestamptz date_part
        date_pl_interval date_pli date_trunc daterange_canonical daterange_subdiff datetime_pl datetimetz_pl dcbrt decode degrees dexp diagonal diameter
        dist_bp dist_bs dist_cpoint dist_cpoly dist_lp dist_ls dist_pathp dist_pb dist_pc dist_pl dist_polyc dist_polyp dist_ppath dist_ppoly dist_ps dist_sb
        dist_sl dist_sp div dlog1 dlog10 dpow dround dsqrt dtrunc encode enum_first enum_last exp extract factorial family float4 float8 floor flt4_mul_cash
        flt8_mul_cash fmgr_c_validator fmgr_internal_validator fmgr_sql_validator format format_type gcd generate_series generate_subscripts get_bit get_byte
        get_current_ts_config getdatabaseencoding getpgusername has_table_privilege height host hostmask inet_client_addr inet_client_port inet_same_family
        inet_server_addr inet_server_port inetand inetmi inetmi_int8 inetnot inetor inetpl initcap int2 int4 int8 integer_pl_date inter_lb inter_sb inter_sl
        interval interval_accum_inv interval_avg interval_div interval_hash interval_hash_extended interval_mi interval_mul interval_pl interval_pl_date
        interval_pl_time interval_pl_timestamp interval_pl_timestamptz interval_pl_timetz interval_um is_normalized isclosed isempty isfinite ishorizontal
        isopen isparallel isperp isvertical json_array_element json_array_element_text json_array_elements json_array_elements_text json_array_length
        json_build_array json_build_object json_each json_each_text json_extract_path json_extract_path_text json_object json_object_field
        json_object_field_text json_object_keys json_populate_record json_populate_recordset json_strip_nulls json_to_record json_to_recordset
        json_to_tsvector json_typeof jsonb_array_element jsonb_array_element_text jsonb_array_elements jsonb_array_elements_text jsonb_array_length
        jsonb_build_array jsonb_build_object jsonb_concat jsonb_contained jsonb_contains jsonb_delete jsonb_delete_path jsonb_each jsonb_each_text
        jsonb_exists jsonb_exists_all jsonb_exists_any jsonb_extract_path jsonb_extract_path_text jsonb_hash jsonb_hash_extended jsonb_insert jsonb_object
        jsonb_object_field jsonb_object_field_text jsonb_object_keys jsonb_path_exists jsonb_path_exists_opr jsonb_path_exists_tz jsonb_path_match
        jsonb_path_match_opr jsonb_path_match_tz jsonb_path_query jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first
        jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls
        jsonb_to_record jsonb_to_recordset jsonb_to_tsvector jsonb_typeof justify_days justify_hours justify_interval lcm left length ln log log10 lower
        lower_inc lower_inf lpad lseg ltrim make_date make_interval make_time make_timestamp make_timestamptz makeaclitem masklen md5 mod money mul_d_interval
        name nameconcatoid nameeqtext namegetext namegttext nameiclike nameicnlike nameletext namelike namelttext namenetext namenlike netmask network
        network_overlap network_sub network_sup normalize notlike now npoints num_nonnulls num_nulls numeric numnode numrange_subdiff obj_description
        octet_length oid oidlarger oidsmaller oidvectortypes on_pb on_pl on_ppath on_ps on_sb on_sl overlaps overlay parse_ident path pclose
        pg_available_extension_versions pg_available_extensions pg_backend_pid pg_char_to_encoding pg_client_encoding pg_collation_for pg_column_compression
        pg_column_size pg_conf_load_time pg_config pg_current_snapshot pg_current_xact_id pg_current_xact_id_if_assigned pg_cursor pg_describe_object
        pg_encoding_max_length pg_encoding_to_char pg_event_trigger_ddl_commands pg_event_trigger_dropped_objects pg_event_trigger_table_rewrite_oid
        pg_event_trigger_table_rewrite_reason pg_extension_update_paths pg_filenode_relation pg_get_expr pg_get_serial_sequence pg_identify_object
        pg_identify_object_as_address pg_index_column_has_property pg_index_has_property pg_indexam_has_property pg_indexam_progress_phasename
        pg_is_other_temp_schema pg_listening_channels pg_lsn pg_lsn_hash pg_lsn_hash_extended pg_lsn_mi pg_lsn_mii pg_lsn_pli pg_mcv_list_items
        pg_my_temp_schema pg_partition_root pg_postmaster_start_time pg_prepared_statement pg_relation_filenode pg_relation_filepath pg_replication_origin_oid
        pg_sequence_parameters pg_settings_get_flags pg_show_all_settings pg_size_bytes pg_size_pretty pg_snapshot_xip pg_snapshot_xmax
        pg_tablespace_databases pg_tablespace_location pg_timezone_abbrevs pg_timezone_names pg_trigger_depth pg_typeof pg_visible_in_snapshot pg_wal_lsn_diff
        pg_walfile_name pg_walfile_name_offset phraseto_tsquery pi plainto_tsquery point polygon popen position postgresql_fdw_validator pow power
        pt_contained_poly querytree quote_ident quote_literal radians radius range_adjacent range_after range_before range_contained_by range_contains
        range_contains_elem range_intersect range_merge range_minus range_overlaps range_overleft range_overright range_union regclass repeat replace reverse
        right round row_security_active row_to_json rpad rtrim satisfies_hash_partition schema_to_xml schema_to_xml_and_xmlschema schema_to_xmlschema
        session_user set_bit set_byte set_masklen setweight sha224 sha256 sha384 sha512 shobj_description sign similar_escape similar_to_escape sind sinh
        slope split_part sqrt starts_with statement_timestamp string_to_array strip strpos substr substring table_to_xml table_to_xml_and_xmlschema
        table_to_xmlschema tan tand tanh text textanycat textcat texteqname textgename textgtname texticlike texticnlike textlen textlename textlike
        textltname textnename textnlike time time_hash time_hash_extended time_mi_interval time_mi_time time_pl_interval timedate_pl timestamp
        timestamp_cmp_date timestamp_cmp_timestamptz timestamp_eq_date timestamp_eq_timestamptz timestamp_ge_date timestamp_ge_timestamptz timestamp_gt_date
        timestamp_gt_timestamptz timestamp_hash timestamp_hash_extended timestamp_le_date timestamp_le_timestamptz timestamp_lt_date timestamp_lt_timestamptz
        timestamp_mi timestamp_mi_interval timestamp_ne_date timestamp_ne_timestamptz timestamp_pl_interval timestamptz timestamptz_cmp_date
        timestamptz_cmp_timestamp timestamptz_eq_date timestamptz_eq_timestamp timestamptz_ge_date timestamptz_ge_timestamp timestamptz_gt_date
        timestamptz_gt_timestamp timestamptz_le_date timestamptz_le_timestamp timestamptz_lt_date timestamptz_lt_timestamp timestamptz_mi
        timestamptz_mi_interval timestamptz_ne_date timestamptz_ne_timestamp timestamptz_pl_interval timetz timetz_hash timetz_hash_extended
        timetz_mi_interval timetz_pl_interval timetzdate_pl to_ascii to_char to_date to_hex to_json to_jsonb to_number to_regclass to_regcollation
        to_regnamespace to_regoper to_regoperator to_regproc to_regprocedure to_regtype to_timestamp to_tsquery to_tsvector transaction_timestamp translate
        trim_array trunc ts_debug ts_delete ts_filter ts_lexize ts_parse ts_rank ts_rank_cd ts_rewrite ts_token_type tsq_mcontained tsq_mcontains tsquery_and
        tsquery_not tsquery_or tsquery_phrase tsrange_subdiff tstzrange_subdiff tsvector_concat tsvector_to_array txid_current txid_current_if_assigned
        txid_current_snapshot txid_snapshot_xip txid_snapshot_xmax txid_visible_in_snapshot unistr unnest upper upper_inc upper_inf uuid_hash
        uuid_hash_extended varbit varbitcmp varchar version websearch_to_tsquery width width_bucket xml xml_is_well_formed xml_is_well_formed_content
        xml_is_well_formed_document xmlcomment xmlconcat2 xmlexists xmlvalidate xpath xpath_exists
        btrim date_bin daterange int4range int8range numrange tsrange tstzrange like like_escape quote_nullable regexp_count regexp_instr regexp_like
        regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr string_to_table timezone to_regrole
        trim_scale
        """;
}
