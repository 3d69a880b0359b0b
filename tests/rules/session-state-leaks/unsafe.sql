set search_path = x;
