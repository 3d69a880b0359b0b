using System.Globalization;
using System.Text;
using System.Text.Json;
using SafeDeploy.Runs;

namespace SafeDeploy.Ledger;

/// <summary>An entry as one line of JSON: sequence, epoch, time, step, fact.</summary>
public static class LedgerLine
{
    public static string Of(LedgerEntry entry)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("sequence", entry.Sequence);
            json.WriteString("deployment", entry.Deployment.Value);
            json.WriteNumber("epoch", entry.Epoch);
            json.WriteString("at", entry.At.ToString("O", CultureInfo.InvariantCulture));
            json.WriteString("step", entry.Step?.Text());
            json.WritePropertyName("fact");
            json.WriteRawValue(LedgerJson.Write(entry.Fact));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
