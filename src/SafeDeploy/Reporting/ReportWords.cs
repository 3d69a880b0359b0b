using SafeDeploy.Runs;

namespace SafeDeploy.Reporting;

/// <summary>Words and colours of a conclusion.</summary>
internal static class ReportWords
{
    public static string Of(Conclusion? conclusion) => conclusion switch
    {
        Conclusion.Deployed => "deployed",
        Conclusion.RolledBack => "rolled back",
        Conclusion.Forbidden => "forbidden: a person decides",
        Conclusion.Incomplete => "incomplete: a person is needed",
        Conclusion.Unverified => "unverified: a person is needed",
        Conclusion.Refused => "refused",
        Conclusion.Cancelled => "cancelled",
        Conclusion.Parked => "parked",
        Conclusion.Restored => "restored",
        _ => "open",
    };

    public static string Tone(Conclusion? conclusion) => conclusion switch
    {
        Conclusion.Deployed or Conclusion.Restored => "tone-good",
        Conclusion.Forbidden or Conclusion.Incomplete or Conclusion.Unverified => "tone-bad",
        Conclusion.RolledBack or Conclusion.Refused or Conclusion.Cancelled => "tone-warn",
        _ => "tone-calm",
    };

    public static string StateTone(string state) => state switch
    {
        "failed" or "fail" or "refused" => "bad",
        "untouched" or "inconclusive" or "open" => "warn",
        "back" => "back",
        "skipped" => "soft",
        _ => "good",
    };
}
