images() { :; }
