namespace SafeDeploy.Tests;

/// <summary>Where the real servers are that <c>./build up</c> started. A server that is missing is a failure, never a skip.</summary>
public static class TestServers
{
    private static readonly Lazy<IReadOnlyDictionary<string, string>> Written = new(ReadServersFile);

    /// <summary>The superuser <c>sd_admin</c> over TCP, as <c>postgres://…</c>.</summary>
    public static Uri Postgres => new(Value("SAFE_DEPLOY_TEST_POSTGRES"));

    /// <summary>The same server as a container on a bridge network reaches it.</summary>
    public static Uri PostgresFromContainers => new(Value("SAFE_DEPLOY_TEST_POSTGRES_FROM_CONTAINERS"));

    /// <summary>The directory of the server's unix socket.</summary>
    public static string PostgresSocket => Value("SAFE_DEPLOY_TEST_POSTGRES_SOCKET");

    /// <summary>The directory of <c>pg_dump</c>, <c>initdb</c> and <c>psql</c> of the server's major version.</summary>
    public static string PostgresBin => Value("SAFE_DEPLOY_TEST_POSTGRES_BIN");

    /// <summary>The Docker engine, as <c>unix://…</c>.</summary>
    public static Uri Docker => new(Value("SAFE_DEPLOY_TEST_DOCKER"));

    /// <summary>The image registry, as <c>host:port</c>.</summary>
    public static string Registry => Value("SAFE_DEPLOY_TEST_REGISTRY");

    /// <summary>The published program; <c>./build cli</c> makes it.</summary>
    public static string Program
    {
        get
        {
            var program = Path.Combine(RepositoryRoot, "artifacts", "cli", "safe-deploy");
            return File.Exists(program) ? program : throw new InvalidOperationException($"{program} does not exist: run ./build cli first");
        }
    }

    /// <summary>The directory of <c>Pipeline.sln</c>, found upwards from the test's own assembly.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    private static string Value(string name)
    {
        if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } given)
            return given;
        return Written.Value.TryGetValue(name, out var written)
            ? written
            : throw new InvalidOperationException($"{name} is not known: run ./build up first");
    }

    private static Dictionary<string, string> ReadServersFile()
    {
        var file = Path.Combine(RepositoryRoot, "artifacts", "servers.env");
        if (!File.Exists(file))
            throw new InvalidOperationException($"{file} does not exist: run ./build up first");
        return File.ReadLines(file)
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
    }

    private static string FindRepositoryRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "Pipeline.sln")))
                return directory.FullName;
        throw new InvalidOperationException($"no Pipeline.sln above {AppContext.BaseDirectory}");
    }
}
