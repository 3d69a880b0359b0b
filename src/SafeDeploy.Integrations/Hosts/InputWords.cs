namespace SafeDeploy.Integrations.Hosts;

/// <summary>How people of one CI host write the inputs of a step, for messages.</summary>
/// <param name="Host">Whose inputs there are.</param>
/// <param name="Page">The page that lists them.</param>
/// <param name="Name">From the model's name.</param>
/// <param name="Place">Where a person changes it, from the model's name.</param>
public sealed record InputWords(CiHosts Host, string Page, Func<string, string> Name, Func<string, string> Place)
{
    /// <param name="input">The model's name.</param>
    /// <param name="what">What is wrong with it, after its name.</param>
    public WrongInput Wrong(string input, string what) => new($"{Name(input)} {what}", Place(input));
}

/// <summary>An input of a step that is not accepted, in the words of its host.</summary>
public sealed record WrongInput(string What, string Where);
