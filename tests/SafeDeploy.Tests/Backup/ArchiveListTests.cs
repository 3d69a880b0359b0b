using SafeDeploy.Integrations.Backups.PgDump;

namespace SafeDeploy.Tests.Backup;

public sealed class ArchiveListTests
{
    private static readonly string[] Lines =
    [
        ";", "; Archive created at 2026-11-22 06:31:02 UTC", ";     TOC Entries: 8",
        "4; 2615 2200 SCHEMA - public owner",
        "219; 1259 16413 VIEW public every \"sale\"; owner", ";\tdepends on: 4",
        "3373; 0 0 COMMENT public VIEW every owner", ";\tdepends on: 219",
        "221; 1259 16421 MATERIALIZED VIEW public m owner", ";\tdepends on: 219 4",
        "218; 1259 16403 TABLE public plan owner", ";\tdepends on: 4",
        "3364; 0 16403 TABLE DATA public plan owner", ";\tdepends on: 218",
        "3218; 2606 16408 FK CONSTRAINT public plan plan_s_fkey owner", ";\tdepends on: 218",
    ];

    private static string[][] Rounds(params LateObject[] late) => [.. ArchiveList.Rounds(Lines, late).Select(r => r.Select(l => l.Split(';')[0]).ToArray())];

    [Fact]
    public void Where_nothing_waits_everything_but_the_schemas_is_one_round_in_the_archives_order() =>
        Assert.Equal([["219", "3373", "221", "218", "3364", "3218"]], Rounds());

    [Fact]
    public void What_waits_for_another_archive_takes_along_what_needs_it() =>
        Assert.Equal([["218", "3364", "3218"], ["219", "3373", "221"]], Rounds(new LateObject(1259, 16413, 1)));

    [Fact]
    public void A_key_waits_alone_and_rounds_without_an_entry_are_empty() =>
        Assert.Equal([["219", "3373", "221", "218", "3364"], [], ["3218"]], Rounds(new LateObject(2606, 16408, 2)));

    [Fact]
    public void An_empty_list_has_no_round() => Assert.Empty(ArchiveList.Rounds([], []));
}
