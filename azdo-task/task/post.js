'use strict';
// The post-job execution: Azure runs it for every enabled task, also when main was skipped by its condition.
const shim = require('./shim');

shim.run('post');
