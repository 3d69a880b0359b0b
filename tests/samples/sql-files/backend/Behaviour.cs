namespace PointOfSale;

/// <summary>How a release of the sample behaves; everything but <see cref="Good"/> is a way in which real releases are bad.</summary>
internal enum Behaviour
{
    Good,

    /// <summary>Ends right after it was started.</summary>
    Exits,

    /// <summary>Accepts connections and never answers.</summary>
    Hangs,

    /// <summary>Lives, and answers 503 to the readiness question for ever.</summary>
    NotReady,

    /// <summary>Healthy, but answers as the version before: what an old container behind a wrong address looks like.</summary>
    LiesAboutVersion,

    /// <summary>Healthy by its own word, 500 on everything that people use.</summary>
    ErrorsInside,

    /// <summary>Healthy when asked directly; 500 once requests come through a proxy, or after the first few.</summary>
    BadAfterSwitch,
}

internal static class BehaviourNames
{
    public static Behaviour Parse(string name) => name switch
    {
        "good" => Behaviour.Good,
        "exits" => Behaviour.Exits,
        "hangs" => Behaviour.Hangs,
        "not-ready" => Behaviour.NotReady,
        "lies-about-version" => Behaviour.LiesAboutVersion,
        "errors-inside" => Behaviour.ErrorsInside,
        "bad-after-switch" => Behaviour.BadAfterSwitch,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such BEHAVIOUR"),
    };
}
