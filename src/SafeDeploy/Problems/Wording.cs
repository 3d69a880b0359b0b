using System.Globalization;

namespace SafeDeploy.Problems;

/// <summary>Numbers in sentences.</summary>
internal static class Wording
{
    /// <summary><c>1 tenant</c>, <c>2 tenants</c>; the noun's plural takes an s.</summary>
    public static string Count(int number, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {noun}{(number == 1 ? "" : "s")}");
}
