'use strict';
// Hands a step over to the program: inputs and tokens by environment, signals as they come, the exit code as it is.
// Everything else is the program's (docs/decisions/0009-thin-shims.md).

// Before the library is loaded: it takes inputs and secrets out of the environment, and prints them when it is asked for them.
const given = { ...process.env };

const childProcess = require('child_process');
const os = require('os');
const tl = require('azure-pipelines-task-lib/task');
const places = require('./places');
const manifest = require('./task.json');

const started = 'SAFE_DEPLOY_STARTED';
const handed = 'SAFE_DEPLOY_HANDED_';
const kept = ['config', 'environment', 'image', 'release', 'dockerhost'].map(name => `safe_deploy_${name}`);
const words = { 1: 'failed', 2: 'a person is needed', 3: 'refused', 64: 'wrong usage', 130: 'cancelled' };

function run(phase) {
    const isPost = phase === 'post';
    if (isPost && !tl.getTaskVariable(started))
        return;
    const place = tl.getInput('runIn') === 'image' ? places.image(tl, environment('image')) : places.binary(tl, environment('binary'));
    if (place.problem)
        return end(place.problem, 64);
    if (!isPost) {
        tl.setTaskVariable(started, 'true');
        console.log(`safe-deploy task ${version()}; ${place.from}`);
    }
    const child = childProcess.spawn(place.command, [...place.arguments, 'action', '--host', 'azure', ...(isPost ? ['--post'] : [])], {
        stdio: ['ignore', 'inherit', 'inherit'],
        cwd: place.folder,
        env: place.environment,
    });
    for (const signal of ['SIGINT', 'SIGTERM'])
        process.on(signal, () => child.kill(signal));
    child.on('error', failure => end(`${place.command} does not start: ${failure.message}. ${place.remedy}`, 64));
    child.on('exit', (code, signal) => finish(code === null ? 128 + os.constants.signals[signal] : code, isPost));
}

function finish(code, isPost) {
    const what = `safe-deploy ${tl.getInput('step') || 'run'}${isPost ? ' (post job)' : ''}`;
    if (code !== 0)
        tl.command('task.complete', { result: 'Failed' }, `${what}: ${words[code] || 'ended unexpectedly'} (exit code ${code})`);
    process.exitCode = code;
}

/** A problem of the shim itself, in the five parts of every message. */
function end(problem, code) {
    tl.command('task.logissue', { type: 'error' }, problem);
    console.log('  where      the task, before the program started\n  untouched  everything\n  now        ending this step');
    tl.command('task.complete', { result: 'Failed' }, 'safe-deploy did not start');
    process.exitCode = code;
}

/** What the agent gave, with tokens and secrets under names that the program takes out of its environment at once. */
function environment(runsIn) {
    const passed = { ...process.env, SAFE_DEPLOY_RUNS_IN: runsIn };
    // Also those that no task has: the program names them, where the agent says nothing.
    for (const [name, value] of Object.entries(given).filter(([name]) => name.startsWith('INPUT_')))
        passed[name] = value;
    for (const input of manifest.inputs)
        passed[`INPUT_${input.name.toUpperCase()}`] = given[`INPUT_${input.name.toUpperCase()}`] || '';
    for (const name of [started, ...kept].map(kept => `VSTS_TASKVARIABLE_${kept.toUpperCase()}`))
        if (given[name] !== undefined)
            passed[name] = given[name];
    passed[`${handed}TOKEN`] = given.ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN || '';
    passed[`${handed}GITHUB_TOKEN`] = gitHubToken();
    // Secret variables of the pipeline: the configuration may name them, without an env: of their own.
    for (const [name, value] of Object.entries(given).filter(([name]) => name.startsWith('SECRET_')))
        passed[handed + name] = value;
    return passed;
}

/** Of the service connection that the input names; its kinds call the token differently. */
function gitHubToken() {
    const connection = given.INPUT_GITHUBCONNECTION;
    return connection ? given[`ENDPOINT_AUTH_PARAMETER_${connection}_ACCESSTOKEN`] || given[`ENDPOINT_AUTH_PARAMETER_${connection}_IDTOKEN`] || '' : '';
}

function version() {
    const { Major, Minor, Patch } = manifest.version;
    return `${Major}.${Minor}.${Patch}`;
}

module.exports = { run };
