alter table plan add column max_branches integer;
