set local search_path = x;
