using SafeDeploy.Migrations;

namespace SafeDeploy.Tests.Migrations;

public sealed class HeaderTests
{
    [Fact]
    public void All_words_of_a_header_are_read() => Assert.Equal(
        new MigrationHeader(Phase.Contract, true, true, "the column is gone"),
        Read("-- safe-deploy: phase=contract no-transaction irreversible because=\"the column is gone\"\ndrop table t;"));

    [Fact]
    public void A_contract_names_the_release_that_stopped_using_what_it_removes() => Assert.Equal(
        MigrationHeader.None with { Phase = Phase.Contract, After = "v4.2" },
        Read("-- safe-deploy: phase=contract after=v4.2\nalter table t drop column a;"));

    [Fact]
    public void Several_header_lines_add_up() => Assert.Equal(
        new MigrationHeader(Phase.Expand, true, false, ""),
        Read("-- made by hand\n\n--safe-deploy:  phase=expand\n-- safe-deploy: no-transaction\nselect 1;"));

    [Fact]
    public void A_header_may_stand_above_the_section_of_a_cut_file() => Assert.Equal(
        Phase.Expand,
        Read("select 0;\n-- migrate:up\n-- safe-deploy: phase=expand\nselect 1;", firstLine: 3).Phase);

    [Fact]
    public void Suppressions_of_findings_are_left_to_the_risk_analysis() =>
        Assert.Equal(MigrationHeader.None, Read("-- safe-deploy: ignore drop-column because=\"x\"\nselect 1;\n-- safe-deploy:allow drop-column"));

    [Theory]
    [InlineData("-- safe-deploy: phase=later\nselect 1;", 1, "phase=later")]
    [InlineData("-- x\n-- safe-deploy: no-transactions\nselect 1;", 2, "no-transactions")]
    [InlineData("-- safe-deploy: phase=expand because=\"half\nselect 1;", 1, "because=\"half")]
    [InlineData("-- safe-deploy: phase=expand; irreversible\nselect 1;", 1, "irreversible")]
    [InlineData("select 1;\n-- safe-deploy: irreversible\n", 2, "safe-deploy:")]
    [InlineData("-- safe-deploy: irreversible=yes\nselect 1;", 1, "irreversible=yes")]
    public void A_word_that_is_not_known_is_refused_with_its_line(string text, int line, string word)
    {
        var file = new MigrationFile("1_a.up.sql", text);
        var (_, error) = HeaderReader.Read(file, new MigrationScript(file.Path, text, 1));
        Assert.NotNull(error);
        Assert.Equal(line, error.Line);
        Assert.Contains(word, error.Word + " " + text, StringComparison.Ordinal);
    }

    private static MigrationHeader Read(string text, int firstLine = 1)
    {
        var file = new MigrationFile("1_a.up.sql", text);
        var (header, error) = HeaderReader.Read(file, new MigrationScript(file.Path, text, firstLine));
        Assert.Null(error);
        return header;
    }
}
