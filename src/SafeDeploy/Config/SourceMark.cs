using System.Globalization;

namespace SafeDeploy.Config;

/// <summary>Where a value of the configuration comes from; printed beside it wherever it matters.</summary>
public abstract record SourceMark
{
    private SourceMark() { }

    /// <summary>Written in the file. Line and column count from 1.</summary>
    public sealed record InFile(string Path, int Line, int Column) : SourceMark
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Path}:{Line}:{Column}");
    }

    /// <summary>Written as <c>${…}</c> in the file and filled from the environment.</summary>
    public sealed record FromEnvironment(string Variable, InFile Where) : SourceMark
    {
        public override string ToString() => $"{Where} (environment {Variable})";
    }

    /// <summary>Given on the command line or as an input of the action.</summary>
    public sealed record FromInput(string Name) : SourceMark
    {
        public override string ToString() => $"input {Name}";
    }

    /// <summary>Not written anywhere: the documented default.</summary>
    public sealed record FromDefault : SourceMark
    {
        public override string ToString() => "default";
    }
}
