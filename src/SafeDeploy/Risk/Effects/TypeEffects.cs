using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Domains, enumerations and composite types, and the tables that use them.</summary>
internal static class TypeEffects
{
    private static RelationKey KeyOf(EffectBuilder effects, IReadOnlyList<string> names)
    {
        var name = GivenNames.Of(names);
        return new RelationKey(name.Schema ?? effects.Schema.SearchPath[0], name.Name);
    }

    public static void CreateDomain(EffectBuilder effects, SqlNode statement)
    {
        var domain = new Domain(SqlType.Of(statement.Node("typeName")));
        foreach (var constraint in statement.List("constraints"))
            Constrain(domain, constraint);
        var key = KeyOf(effects, statement.Names("domainname"));
        if (IsFree(effects, key))
            effects.Schema.Domains[key] = domain;
        effects.Act(ActKind.CreatesType, key);
        effects.Expand();
    }

    // A table is a type too.
    private static bool IsFree(EffectBuilder effects, RelationKey key)
    {
        var schema = effects.Schema;
        var isTaken = schema.Enums.ContainsKey(key) || schema.Domains.ContainsKey(key)
            || schema.Find(new RelationName(key.Schema, key.Name)) is { IsAssumed: false, Kind: not (RelationKind.Index or RelationKind.Sequence) };
        if (isTaken)
            effects.FailTaken($"type {key}", FailureKind.DuplicateObject);
        return !isTaken;
    }

    private static void Constrain(Domain domain, SqlNode constraint)
    {
        switch (constraint.Text("contype"))
        {
            case "CONSTR_NOTNULL":
                domain.NotNull = true;
                break;
            case "CONSTR_DEFAULT":
                domain.HasDefault = true;
                break;
            case "CONSTR_CHECK":
                domain.Checks.Add(constraint.Text("conname") ?? $"check{domain.Checks.Count}");
                break;
        }
    }

    public static void AlterDomain(EffectBuilder effects, SqlNode statement)
    {
        var key = KeyOf(effects, statement.Names("typeName"));
        var domain = effects.Schema.DomainOf(new SqlType(GivenNames.Of(statement.Names("typeName")).Schema, key.Name, null, null, false));
        var constraint = statement.Node("def");
        switch (statement.Text("subtype"))
        {
            case "C" when constraint is { } added:
                if (domain is not null)
                    Constrain(domain, added);
                if (!added.Flag("skip_validation"))
                    CheckTables(effects, key, domain);
                effects.Contract(null);
                break;
            case "V":
                CheckTables(effects, key, domain);
                effects.Expand();
                break;
            case "O":
                if (domain is not null)
                    domain.NotNull = true;
                CheckTables(effects, key, domain);
                effects.Contract(null);
                break;
            default:
                effects.Expand(null);
                break;
        }
    }

    // validateDomainConstraint: SHARE on every table that has a column of the domain, then row by row.
    private static void CheckTables(EffectBuilder effects, RelationKey key, Domain? domain)
    {
        effects.Act(ActKind.AltersDomainChecked, key);
        effects.MayFail();
        if (!effects.Schema.IsComplete && domain is null)
            effects.LockUnseen(LockLevel.Share, works: true);
        foreach (var table in effects.Schema.Relations.Where(r => r.IsTable || r.Kind == RelationKind.MaterializedView).ToArray())
        {
            if (!table.Columns.Exists(c => domain is null ? c.Type.Name == key.Name : effects.Schema.IsOver(c.Type, domain)))
                continue;
            effects.Lock(table, LockLevel.Share);
            effects.Scan(table);
        }
    }

    public static void CreateEnum(EffectBuilder effects, SqlNode statement)
    {
        var key = KeyOf(effects, statement.Names("typeName"));
        if (IsFree(effects, key))
            effects.Schema.Enums[key] = [.. statement.Names("vals")];
        effects.Act(ActKind.CreatesType, key);
        effects.Expand();
    }

    public static void AlterEnum(EffectBuilder effects, SqlNode statement)
    {
        var key = KeyOf(effects, statement.Names("typeName"));
        var value = statement.Text("newVal") ?? "";
        var labels = effects.Schema.EnumOf(new SqlType(key.Schema, key.Name, null, null, false));
        if (statement.Text("oldVal") is { } old)
        {
            if (labels is not null && labels.IndexOf(old) is var at and >= 0)
                labels[at] = value;
            effects.Act(ActKind.RenamesEnumValue, key, old, value);
            effects.Contract(false);
            return;
        }

        if (labels?.Contains(value) == true && !statement.Flag("skipIfNewValExists"))
            effects.FailTaken($"enum label {value}", FailureKind.DuplicateObject);
        labels?.Add(value);
        effects.Schema.FreshEnumValues.Add(value);
        effects.Act(ActKind.AddsEnumValue, key, value);
        effects.Irreversible();
        effects.Expand(null);
    }

    public static void CreateComposite(EffectBuilder effects, SqlNode statement)
    {
        if (RelationName.Of(statement.Node("typevar")) is not { } name)
            return;
        var key = new RelationKey(name.Schema ?? effects.Schema.SearchPath[0], name.Name);
        if (IsFree(effects, key))
            effects.Schema.Make(key, RelationKind.CompositeType).Columns.AddRange(statement.List("coldeflist").Select(c => ColumnDefinition.Of(c).Make(effects.Schema)));
        effects.Act(ActKind.CreatesType, key);
        effects.Expand();
    }

    public static void AlterComposite(EffectBuilder effects, Relation type, SqlNode statement)
    {
        foreach (var command in statement.List("cmds"))
        {
            LockTyped(effects, type, command.Text("behavior") == "DROP_CASCADE");
            if (command.Text("subtype") == "AT_AlterColumnType" && effects.Schema.Relations.Any(r => r.IsTable && r.Columns.Exists(c => c.Type.Name == type.Key.Name)))
                effects.Fail($"columns of type {type} exist");
            if (command.Text("subtype") == "AT_AddColumn")
            {
                effects.Expand(null);
                continue;
            }

            effects.Act(ActKind.DropsAttribute, type.Key, command.Text("name") ?? "");
            effects.Contract(null);
            if (command.Text("subtype") == "AT_DropColumn" && UsersOf(effects, type).Any(t => t.HoldsRows))
                effects.DestroyUnseen();
            if (type.IsAssumed)
                effects.MayFail();
        }
    }

    /// <summary>Tables OF a type change with it, and only with CASCADE.</summary>
    public static void LockTyped(EffectBuilder effects, Relation type, bool cascade)
    {
        foreach (var table in effects.Schema.Relations.Where(r => r.OfType == type.Key).ToArray())
        {
            if (!cascade)
                effects.Fail($"{table} is a table of type {type}");
            effects.Lock(table, LockLevel.AccessExclusive);
        }
    }

    private static IEnumerable<Relation> UsersOf(EffectBuilder effects, Relation type) =>
        type.IsAssumed ? [type] : effects.Schema.Relations.Where(r => r.IsTable && r.Columns.Exists(c => c.Type.Name == type.Key.Name));

    public static void Drop(EffectBuilder effects, DropRequest drop)
    {
        var name = GivenNames.Of(drop.Names);
        var key = KeyOf(effects, drop.Names);
        effects.Act(ActKind.DropsType, key);
        effects.Contract(null);
        var domain = effects.Schema.DomainOf(new SqlType(name.Schema, name.Name, null, null, false));
        var used = DropColumnsOf(
            effects,
            t => (t.Name == name.Name && (name.Schema is null || t.Schema is null || t.Schema == name.Schema)) || (domain is not null && effects.Schema.IsOver(t, domain)),
            drop.Cascade);
        foreach (var table in effects.Schema.Relations.Where(r => r.OfType == key).ToArray())
        {
            if (!drop.Cascade)
                effects.Fail($"{table} is a table of type {name}");
            DropEffects.RemoveRelation(effects, table, drop.Cascade);
        }

        if (used && !drop.Cascade)
            effects.Fail($"columns of type {name} exist");
        if (!effects.Schema.IsComplete)
            effects.MayFail();
        if (!effects.Schema.IsComplete && drop.Cascade && !used && !IsSeen(effects.Schema, key))
            DropUnseen(effects);
        effects.Schema.RemoveType(key);
    }

    // Of a type that was seen being made, the columns were seen too.
    private static bool IsSeen(SchemaState schema, RelationKey key) => schema.Enums.ContainsKey(key) || schema.Domains.ContainsKey(key);

    /// <summary>CASCADE over what was never seen: columns are most often among what goes.</summary>
    public static void DropUnseen(EffectBuilder effects)
    {
        effects.LockUnseen(LockLevel.AccessExclusive, works: false);
        effects.DestroyUnseen();
    }

    /// <summary>CASCADE from a type drops the columns of that type.</summary>
    public static bool DropColumnsOf(EffectBuilder effects, Func<SqlType, bool> isType, bool drop = true)
    {
        var any = false;
        foreach (var table in effects.Schema.Relations.Where(r => r.IsTable).ToArray())
        {
            foreach (var column in table.Columns.Where(c => isType(c.Type)).ToArray())
            {
                any = true;
                if (!drop)
                    continue;
                effects.Lock(table, LockLevel.AccessExclusive);
                effects.Act(ActKind.DropsColumn, table, column.Name);
                effects.Destroy(table);
                effects.Contract(false);
                table.Columns.Remove(column);
            }
        }

        return any;
    }
}
