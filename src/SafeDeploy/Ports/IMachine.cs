namespace SafeDeploy.Ports;

/// <summary>The machine this program runs on.</summary>
public interface IMachine
{
    /// <summary>What is free on it now, or null where the system does not tell.</summary>
    MachineFacts? Read();
}

/// <param name="Processors">That this process may use.</param>
/// <param name="Load">Tasks that ran or waited for a processor or a disk, over the last minute.</param>
/// <param name="FreeMemory">Bytes that can be had without swapping, within the limit of a container.</param>
public sealed record MachineFacts(int Processors, double Load, long FreeMemory);
