using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>The blocks of a PL/pgSQL body: a failure that a block's EXCEPTION catches is none of the statement's, nor is one that a condition prevents.</summary>
/// <remarks>The block is a subtransaction: what failed in it is undone, and its locks are given back.</remarks>
internal sealed class BodyBlocks(EffectBuilder effects)
{
    private static readonly string[] Levels = ["NOTICE", "WARNING", "INFO", "LOG", "DEBUG"];

    private readonly Stack<Block> _open = new();
    private int _conditions;

    /// <summary>Reads what a body's next piece says of blocks, before its statement is played.</summary>
    public void Enter(string piece)
    {
        var words = Words(piece).ToArray();
        if (_open.TryPeek(out var block))
            ReadBeginning(words, block);
        for (var i = 0; i < words.Length; i++)
        {
            var begins = i == 0 || words[i - 1] is "BEGIN" or "THEN" or "ELSE" or "LOOP" or ">";
            if (begins && words[i] == "BEGIN")
                _open.Push(new Block(effects.Mark()));
            else if (begins ? words[i] is "IF" or "CASE" or "LOOP" : words[i] == "LOOP" && words[i - 1] != "END")
                _conditions++;
        }
    }

    /// <summary>Plays a statement of the piece. What would fail for certain is what the IF around it is there to prevent: it does not run.</summary>
    public bool Play(Func<bool> statement)
    {
        if (_conditions == 0)
            return statement();
        var before = effects.Mark();
        var isClear = statement();
        if (effects.Outcome.Fails && !before.Outcome.Fails)
        {
            effects.ReturnTo(before);
            effects.MayFail();
        }

        return isClear;
    }

    private static IEnumerable<string> Words(string piece)
    {
        var scanner = new SqlScanner(piece);
        while (scanner.Next() is { } token)
            yield return piece[token.Start..token.End].Trim('\'').ToUpperInvariant();
    }

    private void ReadBeginning(ReadOnlySpan<string> words, Block block)
    {
        switch (words)
        {
            case ["END", "IF" or "LOOP" or "CASE", ..]:
                _conditions--;
                break;
            case ["END", ..]:
                _open.Pop();
                break;
            case ["EXCEPTION", "WHEN", .. var handler]:
                block.Failed = effects.Outcome;
                ReadHandler(handler, block);
                break;
            case ["WHEN", .. var handler] when block.Failed is not null:
                ReadHandler(handler, block);
                break;
            case ["RAISE", .. var what]:
                Raise(what, block);
                break;
        }
    }

    private void ReadHandler(ReadOnlySpan<string> handler, Block block)
    {
        var then = Math.Max(handler.IndexOf("THEN"), 0);
        block.Handles = false;
        var raises = handler[then..] is ["THEN", "RAISE", .. var what] && IsFailure(what);
        foreach (var condition in handler[..then])
        {
            if (block.IsHandled || !Catches(condition, block.Failed!) || block.Before.Outcome.Fails)
                continue;
            block.IsHandled = true;
            if (!raises)
                Catch(condition, block);
        }
    }

    private void Catch(string condition, Block block)
    {
        block.Handles = true;
        var (fails, mayFail) = (effects.Outcome.Fails, effects.Outcome.MayFail);
        if (fails)
            effects.ReturnTo(block.Before);
        else
            effects.CannotFail();
        if (block.Before.Outcome.MayFail || (mayFail && condition != "OTHERS"))
            effects.MayFail();
    }

    // OTHERS catches what is not certain beforehand too.
    private static bool Catches(string condition, Outcome failed) =>
        condition == "OTHERS" || (failed.Fails && KindOf(condition) is { } kind && kind == failed.Kind);

    private static FailureKind? KindOf(string condition) => condition switch
    {
        "DUPLICATE_OBJECT" or "42710" => FailureKind.DuplicateObject,
        "DUPLICATE_TABLE" or "42P07" => FailureKind.DuplicateTable,
        "DUPLICATE_COLUMN" or "42701" => FailureKind.DuplicateColumn,
        "DUPLICATE_SCHEMA" or "42P06" => FailureKind.DuplicateSchema,
        "UNDEFINED_OBJECT" or "42704" => FailureKind.UndefinedObject,
        "UNDEFINED_TABLE" or "42P01" => FailureKind.UndefinedTable,
        "UNDEFINED_COLUMN" or "42703" => FailureKind.UndefinedColumn,
        "UNDEFINED_FUNCTION" or "42883" => FailureKind.UndefinedFunction,
        "INVALID_SCHEMA_NAME" or "3F000" => FailureKind.UndefinedSchema,
        _ => null,
    };

    private static bool IsFailure(ReadOnlySpan<string> raised) => raised.IsEmpty || !Levels.Contains(raised[0]);

    // A handler that raises again has caught nothing.
    private void Raise(ReadOnlySpan<string> what, Block block)
    {
        if (block is { Handles: true, Failed: { } failed } && IsFailure(what))
            effects.FailAfterAll(failed);
    }

    private sealed class Block(Mark before)
    {
        public Mark Before { get; } = before;

        /// <summary>What its statements came to; null until its handlers begin.</summary>
        public Outcome? Failed { get; set; }

        /// <summary>One of its handlers caught it.</summary>
        public bool IsHandled { get; set; }

        /// <summary>The one that is being read did.</summary>
        public bool Handles { get; set; }
    }
}
