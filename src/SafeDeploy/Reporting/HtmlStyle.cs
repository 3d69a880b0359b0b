namespace SafeDeploy.Reporting;

/// <summary>The style sheet of the report's page; nothing is loaded from anywhere.</summary>
public static class HtmlStyle
{
    public const string Css =
        """
        :root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--ink:#1b2330;--soft:#5b6675;--line:#e2e6ec;--track:#edf0f4;
        --good:#1a7f4b;--good-bg:#e4f5ec;--bad:#b3261e;--bad-bg:#fdeceb;--warn:#8a5a00;--warn-bg:#fdf3dc;--calm:#2f5fb3;--calm-bg:#e8effb;--back:#7a4db8;
        --mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
        @media (prefers-color-scheme:dark){:root{--bg:#10141b;--card:#181e28;--ink:#e7ebf1;--soft:#98a4b5;--line:#2a3341;--track:#232b37;
        --good:#58c98f;--good-bg:#14301f;--bad:#ff8a80;--bad-bg:#3a1a19;--warn:#f0b84c;--warn-bg:#35290f;--calm:#86abf0;--calm-bg:#1a2740;--back:#b99be8}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
        main{max-width:1080px;margin:0 auto;padding:28px 20px 48px;display:grid;gap:18px}
        main>*{min-width:0}
        h1{font-size:clamp(20px,3.4vw,28px);line-height:1.25;margin:10px 0 0;letter-spacing:-.01em;overflow-wrap:anywhere}
        h2{font-size:16px;margin:0 0 14px;letter-spacing:-.005em}
        p{margin:0 0 8px}a{color:var(--calm);overflow-wrap:anywhere}
        section,header{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:20px 22px}
        header{border-top:5px solid var(--tone);padding-top:18px}
        .tone-good{--tone:var(--good);--tone-bg:var(--good-bg)}.tone-bad{--tone:var(--bad);--tone-bg:var(--bad-bg)}
        .tone-warn{--tone:var(--warn);--tone-bg:var(--warn-bg)}.tone-calm{--tone:var(--calm);--tone-bg:var(--calm-bg)}
        .badge{display:inline-block;background:var(--tone-bg);color:var(--tone);font-weight:650;font-size:13px;border-radius:99px;padding:3px 12px}
        .meta{display:flex;flex-wrap:wrap;gap:4px 26px;margin:14px 0 0}
        .meta div{min-width:0}.meta dt{color:var(--soft);font-size:12px}.meta dd{margin:0;overflow-wrap:anywhere}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
        .tile{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:14px 16px}
        .tile b{display:block;font-size:22px;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
        .tile span{color:var(--soft);font-size:13px}
        .rows{display:grid;gap:7px}
        .row{display:grid;grid-template-columns:minmax(96px,17%) 1fr 84px;gap:12px;align-items:center}
        .wide .row{grid-template-columns:minmax(96px,34%) 1fr 84px}.row .name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
        .row .val{text-align:right;color:var(--soft);font-variant-numeric:tabular-nums;white-space:nowrap}
        .track{position:relative;height:18px;background:var(--track);border-radius:5px;overflow:hidden}
        .track i{position:absolute;top:0;bottom:0;min-width:3px;border-radius:4px;background:var(--calm)}
        .track i.good{background:var(--good)}.track i.bad{background:var(--bad)}.track i.skip{background:var(--soft);opacity:.45}.track i.back{background:var(--back)}
        .track i.open{background:repeating-linear-gradient(45deg,var(--warn) 0 6px,transparent 6px 10px)}
        .track u{position:absolute;top:0;bottom:0;width:0;border-left:2px dashed var(--ink);opacity:.7}
        .axis{display:flex;justify-content:space-between;color:var(--soft);font-size:12px;margin-top:6px}
        .legend{display:flex;flex-wrap:wrap;gap:4px 16px;color:var(--soft);font-size:12.5px;margin-top:12px}
        .legend i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:6px;background:var(--calm)}
        .legend .good{background:var(--good)}.legend .bad{background:var(--bad)}.legend .back{background:var(--back)}.legend .skip{background:var(--soft);opacity:.45}
        .two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:22px}
        .two>*{min-width:0}
        h3{font-size:13px;margin:0 0 8px;color:var(--soft);font-weight:600}
        svg{display:block;width:100%;background:var(--track);border-radius:8px}
        svg .f{fill:var(--calm)}svg .b{fill:var(--back)}
        .bars{display:flex;align-items:flex-end;gap:3px;height:178px;border-bottom:1px solid var(--line)}
        .bars div{flex:1;background:var(--calm);border-radius:4px 4px 0 0;min-height:0;position:relative}
        .bars div em{position:absolute;bottom:100%;left:0;right:0;text-align:center;font-style:normal;font-size:11px;color:var(--soft)}
        .ticks{display:flex;gap:3px;color:var(--soft);font-size:11px}.ticks div{flex:1;text-align:center;white-space:nowrap;overflow:hidden}
        .record td{font-size:13px}.scroll{overflow-x:auto;margin:0 -22px;padding:0 22px}
        table{border-collapse:collapse;width:100%;font-size:14px}
        th{text-align:left;color:var(--soft);font-weight:600;font-size:12px;padding:0 14px 6px 0;white-space:nowrap}
        td{border-top:1px solid var(--line);padding:7px 14px 7px 0;vertical-align:top;overflow-wrap:anywhere;min-width:64px}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        td.k{white-space:nowrap}td:first-child{min-width:92px}
        .state{font-weight:600}.state.good{color:var(--good)}.state.bad{color:var(--bad)}.state.warn{color:var(--warn)}.state.back{color:var(--back)}.state.calm{color:var(--calm)}
        code,.mono{font-family:var(--mono);font-size:.92em;overflow-wrap:anywhere}
        pre{font:12.5px/1.5 var(--mono);background:var(--track);border-radius:8px;padding:12px 14px;margin:10px 0 0;white-space:pre-wrap;overflow-wrap:anywhere}
        .problem{border-left:4px solid var(--bad);padding:2px 0 2px 16px;margin-top:16px}.problem:first-of-type{margin-top:0}
        .problem h3{color:var(--ink);font-size:15px;margin:0 0 6px;overflow-wrap:anywhere}
        .facts{display:grid;grid-template-columns:auto 1fr;gap:2px 14px;margin:0}
        .facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere;min-width:0}
        .decision{display:grid;grid-template-columns:auto 1fr;gap:18px;align-items:start}
        .letter{width:56px;height:56px;border-radius:14px;background:var(--tone-bg);color:var(--tone);display:grid;place-items:center;font-size:28px;font-weight:700}
        ul,ol{margin:4px 0 0;padding-left:20px}li{overflow-wrap:anywhere}
        .soft{color:var(--soft)}.more{color:var(--soft);margin:10px 0 0;font-size:13px}
        footer{color:var(--soft);font-size:12.5px;text-align:center}
        @media (max-width:640px){main{padding:14px 10px 32px;gap:12px}section,header{padding:16px;border-radius:12px}.scroll{margin:0 -16px;padding:0 16px}
        .row,.wide .row{grid-template-columns:1fr auto;gap:3px 10px}.row .track{grid-column:1/-1;grid-row:2}.row.scale div:empty{display:none}.row.scale .axis{grid-column:1/-1}.decision{grid-template-columns:1fr}.tiles{grid-template-columns:1fr 1fr;gap:10px}.tile b{font-size:19px}.ticks{font-size:9px}}
        @media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--track:#eee;--good:#1a7f4b;--good-bg:#e4f5ec;--bad:#b3261e;--bad-bg:#fdeceb;--warn:#8a5a00;--warn-bg:#fdf3dc;--calm:#2f5fb3;--calm-bg:#e8effb;--back:#7a4db8}
        *{print-color-adjust:exact;-webkit-print-color-adjust:exact}@page{margin:14mm}
        body{font-size:9.5pt}h1{font-size:17pt}section,header{padding:12px 14px}.tile{padding:9px 12px}.tile b{font-size:14pt}.two{grid-template-columns:1fr 1fr}td{padding-top:4px;padding-bottom:4px}.row{grid-template-columns:minmax(80px,17%) 1fr 70px}main{max-width:none;padding:0;gap:10px;display:block}main>*{margin-bottom:10px}section,header,.tile{border-radius:6px;break-inside:avoid}section.long{break-inside:auto}
        h2,h3{break-after:avoid}.two>div,.decision,svg,.bars{break-inside:avoid}tr,.row,.problem,li{break-inside:avoid}thead{display:table-header-group}.scroll{overflow:visible}.tiles{grid-template-columns:repeat(4,1fr)}}
        """;
}
