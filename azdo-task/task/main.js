'use strict';
// The task: runs the program with the inputs of the step.
const shim = require('./shim');

shim.run('main');
