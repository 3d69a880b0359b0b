namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>A fleet with items that is made once and copied for each test: a copy costs the server a moment, a deployment costs seconds.</summary>
public sealed class SealedFleet : IAsyncLifetime
{
    private const int Tenants = 3;

    private Sample _made = null!;

    public async Task InitializeAsync()
    {
        _made = await Fleet.WithItemsAsync();
        await _made.Database.SealAsync();
    }

    public async Task DisposeAsync() => await _made.DisposeAsync();

    /// <summary>As <see cref="Fleet.WithItemsAsync"/> leaves it.</summary>
    public async Task<Sample> CopyAsync()
    {
        var copy = Fleet.On(Sample.Over(await _made.Database.CopyOfSealedAsync(), Tenants));
        copy.Items();
        return copy;
    }
}
