'use strict';
// Where the program runs: as the binary that the extension brings, or in its container image.
const childProcess = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');

const bundled = path.join(__dirname, 'bin', 'linux-x64');
const byImage = 'Set runIn: image where the agent has Docker: the image brings its own libraries and the client tools.';

/** The program as this extension was built with it: version, glibc, sha256, image. */
function facts() {
    return JSON.parse(fs.readFileSync(path.join(__dirname, 'program.json'), 'utf8'));
}

function binary(tl, environment) {
    const program = facts();
    const problem = unfit(program);
    if (problem)
        return { problem: `${problem} ${byImage}` };
    return {
        command: executable(tl),
        arguments: [],
        folder: folder(),
        environment,
        remedy: byImage,
        from: `program ${program.version} from the extension (linux-x64, glibc ${program.glibc} or newer, sha256 ${program.sha256.slice(0, 12)})`,
    };
}

/** Null where the bundled binary can run. */
function unfit(program) {
    if (process.platform !== 'linux' || process.arch !== 'x64')
        return `the program of this extension runs on linux-x64, and this agent is ${process.platform}-${process.arch}.`;
    const glibc = process.report.getReport().header.glibcVersionRuntime;
    if (!glibc)
        return `the program of this extension needs glibc ${program.glibc} or newer, and this system (musl, for example Alpine) has none.`;
    if (older(glibc, program.glibc))
        return `the program of this extension needs glibc ${program.glibc} or newer, and this system has ${glibc}.`;
    return null;
}

function older(one, other) {
    const [a, b] = [one, other].map(text => text.split('.').map(Number));
    return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

/** The agent unpacks a task without its modes; where its folder cannot be changed, a copy can. */
function executable(tl) {
    const file = path.join(bundled, 'safe-deploy');
    try {
        fs.accessSync(file, fs.constants.X_OK);
        return file;
    } catch {
        return made(tl, file);
    }
}

function made(tl, file) {
    try {
        fs.chmodSync(file, 0o755);
        return file;
    } catch (refused) {
        tl.debug(`${file} cannot be made executable (${refused.code}): running a copy`);
        const copy = fs.mkdtempSync(path.join(tl.getVariable('Agent.TempDirectory') || '/tmp', 'safe-deploy-'));
        fs.cpSync(bundled, copy, { recursive: true });
        fs.chmodSync(path.join(copy, 'safe-deploy'), 0o755);
        return path.join(copy, 'safe-deploy');
    }
}

function image(tl, environment) {
    const program = facts();
    const name = tl.getInput('containerImage') || program.image;
    if (childProcess.spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { stdio: 'ignore', env: environment }).status !== 0)
        return { problem: 'runIn: image needs a Docker engine that this agent reaches, and "docker version" does not answer. Set runIn: binary, or choose an agent with Docker.' };
    // Its host name is its name, so that a later step finds a container that outlived its client, and stops it.
    const id = crypto.randomBytes(6).toString('hex');
    const mounts = [...new Set([folder(), tl.getVariable('Agent.TempDirectory'), tl.getVariable('Build.SourcesDirectory')].filter(Boolean))];
    return {
        command: 'docker',
        arguments: [
            'run', '--rm', '--name', id, '--hostname', id, '--add-host', 'host.docker.internal:host-gateway', '--workdir', folder(),
            '--volume', '/var/run/docker.sock:/var/run/docker.sock', ...mounts.flatMap(mount => ['--volume', `${mount}:${mount}`]),
            // By name: the values go through the client's own environment, and no command line shows them.
            ...Object.keys(environment).filter(passed).flatMap(key => ['--env', key]), name,
        ],
        folder: folder(),
        environment,
        remedy: 'Docker must be installed on the agent.',
        from: `program from the image ${name}`,
    };
}

/** What describes the agent's own system would only mislead inside the image. */
function passed(name) {
    return /^[A-Za-z_][\w.-]*$/.test(name) && !/^(PATH|HOME|HOSTNAME|PWD|OLDPWD|SHELL|SHLVL|USER|LOGNAME|LANG|LC_.*|LD_.*|TMPDIR|DOCKER_.*|XDG_.*|DOTNET_.*|NODE_.*|JAVA_HOME.*|ANDROID_.*|GOROOT.*|_)$/.test(name);
}

function folder() {
    const given = process.env.SYSTEM_DEFAULTWORKINGDIRECTORY;
    return given && fs.existsSync(given) ? given : process.cwd();
}

module.exports = { binary, image };
