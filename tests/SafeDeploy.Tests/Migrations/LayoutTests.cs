using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Tests.Migrations;

/// <summary>Each tool's folder is read as that tool would; what would silently never run is refused.</summary>
public sealed class LayoutTests
{
    [Fact]
    public void Golang_migrate_pairs_are_read_in_number_order()
    {
        var set = Read(("2_b.up.sql", "select 2"), ("10_c.up.sql", "select 10"), ("000001_a.up.sql", "select 1"), ("000001_a.down.sql", "select -1"), ("README.md", ""));
        Assert.Equal("golang-migrate", set.Layout);
        Assert.Equal(["000001", "2", "10"], set.Migrations.Select(m => m.Version.Text));
        Assert.Equal(new MigrationScript("db/000001_a.down.sql", "select -1", 1), set.Migrations[0].Rollback);
        Assert.Null(set.Migrations[1].Rollback);
    }

    [Fact]
    public void Flyway_versions_with_underscores_and_undo_files_are_read_from_subfolders()
    {
        var set = Read(("a/V1_9__x.sql", "select 1"), ("b/V1.10__y.sql", "select 2"), ("b/U1.10__y.sql", "select 3"), ("b/V1.10__y.sql.conf", "executeInTransaction=false\n"));
        Assert.Equal("flyway", set.Layout);
        Assert.Equal(["1.9", "1.10"], set.Migrations.Select(m => m.Version.Text));
        Assert.Equal("db/b/U1.10__y.sql", set.Migrations[1].Rollback?.Path);
        Assert.Equal([false, true], set.Migrations.Select(m => m.Header.NoTransaction));
    }

    [Fact]
    public void Diesel_directories_spell_the_version_as_its_history_does()
    {
        var set = Read(
            ("2024-01-02-030405_a/up.sql", "select 1"), ("2024-01-02-030405_a/down.sql", "select 2"),
            ("2024-01-02-030405_a/metadata.toml", "run_in_transaction = false\n"),
            ("1528395600_b/up.sql", "select 3"), ("1528395600_b/metadata.yaml", "name: b\ncreateIndexConcurrently: true\n"));
        Assert.Equal("diesel", set.Layout);
        Assert.Equal(["1528395600", "20240102030405"], set.Migrations.Select(m => m.Version.Text));
        Assert.Equal(["b", "a"], set.Migrations.Select(m => m.Name));
        Assert.All(set.Migrations, m => Assert.True(m.Header.NoTransaction));
    }

    [Fact]
    public void Dbmate_files_are_cut_at_their_markers_and_keep_their_lines()
    {
        var set = Read(("20240228042848_a.sql", "-- about\n-- migrate:up transaction:false\ncreate index concurrently i on t (a);\n\n-- migrate:down\ndrop index i;\n"));
        var migration = Assert.Single(set.Migrations);
        Assert.Equal("dbmate", set.Layout);
        Assert.Equal(new MigrationScript("db/20240228042848_a.sql", "create index concurrently i on t (a);\n", 3), migration.Forward);
        Assert.Equal(new MigrationScript("db/20240228042848_a.sql", "drop index i;\n", 6), migration.Rollback);
        Assert.True(migration.Header.NoTransaction);
    }

    [Fact]
    public void Goose_files_are_cut_at_their_markers_whatever_the_case()
    {
        var set = Read(("00001_a.sql", "-- +goose NO TRANSACTION\n-- +goose UP\n-- +goose StatementBegin\nselect 1;\n-- +goose StatementEnd\n-- +goose down\nselect 2;\n"));
        var migration = Assert.Single(set.Migrations);
        Assert.Equal("goose", set.Layout);
        Assert.Equal((3, 7), (migration.Forward.FirstLine, migration.Rollback!.FirstLine));
        Assert.Contains("select 1;", migration.Forward.Sql, StringComparison.Ordinal);
        Assert.DoesNotContain("select 2;", migration.Forward.Sql, StringComparison.Ordinal);
        Assert.True(migration.Header.NoTransaction);
    }

    [Fact]
    public void Prisma_directories_take_a_down_file_as_the_way_back()
    {
        var set = Read(("20240101120000_a/migration.sql", "select 1"), ("20240101120000_a/down.sql", "select 2"), ("migration_lock.toml", "provider = \"postgresql\""));
        var migration = Assert.Single(set.Migrations);
        Assert.Equal("prisma", set.Layout);
        Assert.Equal("db/20240101120000_a/down.sql", migration.Rollback?.Path);
    }

    [Fact]
    public void An_empty_folder_is_an_empty_set() => Assert.Empty(Read((".gitkeep", "")).Migrations);

    [Fact]
    public void A_checksum_does_not_depend_on_line_endings_but_on_everything_else()
    {
        var unix = Read(("1_a.up.sql", "select 1;\nselect 2;\n")).Migrations[0].Checksum;
        Assert.Equal(unix, Read(("1_a.up.sql", "select 1;\r\nselect 2;\r\n")).Migrations[0].Checksum);
        Assert.NotEqual(unix, Read(("1_a.up.sql", "select 1;\nselect 2; \n")).Migrations[0].Checksum);
        Assert.StartsWith("sha256:", unix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_does_not_reach_the_server()
    {
        var file = Read(("1_a.up.sql", "\uFEFFselect 1")).Migrations[0];
        Assert.Equal("select 1", file.Forward.Sql);
    }

    [Fact]
    public void A_stated_layout_is_taken_though_another_would_fit_too()
    {
        var files = Files(("1_a.up.sql", "-- migrate:up\nselect 1"));
        var (set, problems) = MigrationSetReader.Read(ScopeKind.Tenants, "db", "golang-migrate", files);
        Assert.Empty(problems);
        Assert.Equal("golang-migrate", set.Layout);
    }

    [Fact]
    public void What_is_wrong_with_a_folder_is_said_file_by_file() => Golden.Verify(ProblemText.Of(
    [
        .. Wrong(("1_a.up.sql", ""), ("V2__b.sql", "")),
        .. Wrong(("1_a.up.sql", "-- +goose Up\nselect 1")),
        .. Wrong(("first.sql", "select 1")),
        .. Wrong(("V1__a.sql", "select 1"), ("R__views.sql", ""), ("beforeMigrate.sql", ""), ("V2__b.sql.conf", "placeholders.a=b"), ("V2__b.sql", "")),
        .. Wrong(("1_a.up.sql", "select 1"), ("2_b.sql", "select 2")),
        .. Wrong(("001_a.up.sql", "select 1"), ("1_b.up.sql", "select 2")),
        .. Wrong(("2_b.down.sql", "select 2"), ("1_a.up.sql", "select 2")),
        .. Wrong(("00001_a.sql", "-- +goose ENVSUB ON\n-- +goose Up\nselect 1"), ("00002_b.go", "")),
        .. Wrong(("1_a.sql", "-- migrate:up\nselect 1\n-- migrate:up\nselect 2"), ("2_b.sql", "-- migrate:up lock:false\nselect 1")),
        .. MigrationSetReader.Read(ScopeKind.Tenants, "db", "liquibase", []).Problems,
    ]));

    private static MigrationSet Read(params (string Path, string Text)[] files)
    {
        var (set, problems) = MigrationSetReader.Read(ScopeKind.Tenants, "db", null, Files(files));
        Assert.Empty(problems);
        return set;
    }

    private static ImmutableArray<Problem> Wrong(params (string Path, string Text)[] files)
    {
        var problems = MigrationSetReader.Read(ScopeKind.Tenants, "db", null, Files(files)).Problems;
        Assert.NotEmpty(problems);
        return problems;
    }

    private static ImmutableArray<MigrationFile> Files(params (string Path, string Text)[] files) =>
        [.. files.Select(file => new MigrationFile(file.Path, file.Text))];
}
