alter table plan drop column max_branches;
