/* The grammar of both surfaces: LALR(1), without conflicts and without precedence rules.
**
** An example stands above each rule. Actions build nodes and nothing else (build.h); compiled with
** BF_SYNTAX_BARE they are empty. Blocks recover by themselves: after a mistake the lexer skips to the
** next statement of the same block and says RESYNC there, or hands over the `{` that was on the way to
** it (tokens.c). A list of statements therefore has four forms: one, a mistake, and either after others.
*/
%define api.pure full
%define api.prefix {bf_yy}
%define api.token.prefix {T_}
%define api.location.type {struct bf_range}
%define parse.error custom
%define parse.lac full
%define parse.lac.es-capacity-initial {512}
%locations
%parse-param {struct bf_lexer *lx}
%lex-param {struct bf_lexer *lx}

%code requires {
#include "lang/syntax/lexer.h"
}
%code {
/* What actions may need; the lexer has bounded the nesting of brackets long before. */
#define YYINITDEPTH 4000
#define YYMAXDEPTH 4000
#define YYLLOC_DEFAULT(cur, rhs, n)                                                                 \
    do {                                                                                           \
        (cur).start = (n) ? YYRHSLOC(rhs, 1).start : YYRHSLOC(rhs, 0).end;                         \
        (cur).end = (n) ? YYRHSLOC(rhs, n).end : YYRHSLOC(rhs, 0).end;                             \
    } while (0)

#include "lang/syntax/build.h"
static void yyerror(const struct bf_range *at, struct bf_lexer *lx, const char *what);
}

%union {
    struct bf_name *word;   /* every word, keywords too */
    struct bf_node *node;
    struct bf_list items;
    int64_t num;
    struct bf_sealed sealed;
}

/* ---- words (lang/defs/keywords.def) ---- */
%token <word> POLICY USE AS ASSUME BECAUSE OFFICE PER SETTLED ENUM ETC RECORD REGISTER OF OF_ZH KEYED
%token <word> AS_KEY DECIDE PROCEDURE VIOLATION NOTE SCENARIO LET
%token <word> NUMBER RANK FORCE FORCE_SUFFIX REPLACES CALENDAR COUNT NEXT SAME DAY NEXT_DAY SAME_DAY
%token <word> STANDSTILL ROLL ROLL_NONE ENDS DAILY CUTOFF RETAIN
%token <word> WHEN THEN OTHERWISE FOUZE OVERRIDE OVERRIDE_WHEN
%token <word> PARTY GIVEN KEEP SEALED STARTS STARTS_ZH BY_ZH ON ON_ZH REQUIRE STATE END IF IF_ZH
%token <word> EVERY EVERY_YEAR
%token <word> IF_LIMITED MUST MAY MUST_NOT ANY WITHIN WITHIN_ZH FROM IN_ZH AT_ZH FROM_DAY THE_DAY
%token <word> BY_EXPIRY AFTER_EXPIRY DURING BY BEFORE BEFORE_ZH AFTER AFTER_ZH NOT_BEFORE ONCE OVERDUE BREACH STAYS
%token <word> EACH EACH_ZH ANY_OF ANY_ONE TURN IN_TURN PLACED
%token <word> ARROW DEEMED PAUSES ALL LASTS LASTS_ZH UNLESS BUT EXCEPTED EXTEND EXTEND_TO AT WITH WITH_ZH
%token <word> RUN CONSENT REPORTING REPORTING_ZH FILED ELSE UNTIL DATED DATED_ZH DISTINCT
%token <word> DISTINCT_ZH NOT_THE_SAME
%token <word> SET TAKE TO_BE ADD INTO_LIST REMOVE OUT_OF_LIST PUT INTO_REGISTER NOTIFY SAYING VIOLATE
%token <word> FIND AMOUNTS EXCUSE OPEN RESTART TO
%token <word> AND OR NOT IS SHI IS_NOT PRESENT ABSENT STATUS HAS HAS_NOT IN NOT_IN YES NO NONE AT_MOST
%token <word> LIST LIST_ZH OPTIONAL
%token <word> WAIT OPENS REPORTS SUCCEEDS DOES UPON EXPECT FORBIDDEN PERMITTED NOT_PERMITTED YET NOT_YET TOO LATE
%token <word> TOO_LATE REFUSED HANDLER DEPUTY ENTERED
%token <word> ISSUE DELIVER NORM AMENDS CASES NEW NEW_CASES ALL_CASES AMEND REPLACE DROP
%token <word> MEASURE TALLIED COUNT_ZH WHERE SLASH MODEL EVERY_WORKING_DAY EVERY_MONTH LASTING
%token <word> ASSERT LEAVES NEVER WITHOUT KEPT ALL_KEPT
%token <word> LATER                 /* reserved for a later part of the language: never accepted */
/* ---- signs the lexer puts together ---- */
%token <word> CONDITION_END         /* 的， */
%token <word> DOT LT LE GT GE NE
%token <word> DAY_BEFORE DAY_AFTER  /* 前, 后 right after a date or a period */
%token <word> ABOVE BELOW           /* 以上, 以下 right after a number */
%token RESYNC EOF_MARK BAD
/* ---- names and literals: nodes made by the lexer ---- */
%token <word> NAME
%token <node> QUOTED_NAME STRING REPEALED INT DECIMAL DATE MONTH_DAY TIME PERIOD TIMES CITE

%type <word> soft when_word at_word must_not_word
%type <node> name label string decl policy_item module import member field param rule party_item state
%type <node> run outcome deed persons act_rule may must must_not may_extend pauses lasts when statement act refusal goal alt effect effect_core
%type <node> succession successors tally over0 per0 model_item chance
%type <node> norm_rule type plain_type subject path primary other sum comparison unary chain cond arg otherwise act_head key_act
%type <node> because0 asked0 otherwise0 otherwise_part by_date clause init value limit_date extend_limit routed
%type <items> cites cites0 policy_items imports members fields params params0 rules names modules items
%type <items> subjects consenters limit limit0 clauses alts effects effects0 effect_list statements args args0
%type <items> paths exprs guard in0 guard0 policy_block members_block fields_block rules_block items_block
%type <items> members_of0 members_of_zh0
%type <items> norm_block norm_rules spared_statements spared_items spared_alts statements_block alts_block outcomes_block outcomes violate0 types0 once0
%type <items> model_block model_items chances span
%type <num> compare kept0 every still_unit still_units
%type <sealed> sealed

%destructor { bf_lexer_lose_word(lx, @$, $$); } NAME soft
%destructor { bf_lexer_lose(lx, @$, $$); } <node>
%destructor { bf_lexer_lose(lx, @$, $$.first); } <items>
%destructor { bf_lexer_lose(lx, @$, $$.label); } <sealed>

%start file

%%

/* policy … use … procedure … */
file: decls EOF_MARK
    | EOF_MARK
    ;

decls: decl                   { declare(lx, $1); }
    | decls decl              { declare(lx, $2); }
    | error RESYNC            { yyerrok; }
    | decls error RESYNC      { yyerrok; }
    | stray
    | decls stray
    ;

/* What begins no declaration ends the one before it all the same: without this rule a mistake there would
** take a whole procedure with it. The second list is the same for what stands in a procedure or state. */
stray: stray_word             { bf_lexer_unexpected(lx); YYERROR; }
    ;
stray_word: NAME | QUOTED_NAME | LATER | '}' | STATE | END | PARTY | GIVEN | KEEP | STARTS | BY_ZH | ON_ZH | REQUIRE
    | WHEN | IF_ZH | ELSE | FOUZE | PAUSES | LASTS | LASTS_ZH | ANY | EACH | EXPECT | AT | AT_ZH | WAIT | PUT | TAKE | EVERY | EVERY_YEAR
    ;
stray_item: stray_item_word   { bf_lexer_unexpected(lx); YYERROR; }
    ;
stray_item_word: LATER | MEASURE | MODEL | ASSERT | NORM | POLICY | USE | PROCEDURE | SCENARIO | ASSUME | LET | EXPECT | WAIT | PUT | TAKE
    ;

/* ---- small parts ---- */

/* requester, 使用部门, '目的'; a soft word: consent, 同意 */
name: NAME                    { $$ = name(lx, @$, $1); }
    | soft                    { $$ = name(lx, @$, $1); }
    | QUOTED_NAME
    ;
soft: ISSUE | CASES | NEW | OFFICE | SETTLED | ENUM | RECORD | REGISTER | OF_ZH | DECIDE | VIOLATION | NOTE | NUMBER | RANK | FORCE
    | REPLACES | CALENDAR | COUNT | NEXT | SAME | DAY | ROLL | CUTOFF | RETAIN | STARTS_ZH | DURING
    | STANDSTILL | TALLIED | COUNT_ZH | LEAVES | KEPT | CONSENT | FILED | SET | ADD | REMOVE | NOTIFY | VIOLATE | FIND | EXCUSE | OPEN | RESTART
    | FORBIDDEN | PERMITTED | YET | LATE | REFUSED | TURN | HANDLER | DEPUTY | ENTERED
    ;
/* provider, requester */
names: name                   { $$ = list(lx, $1); }
    | names ',' name          { $$ = append(lx, $1, $3); }
    ;
/* "答复" */
label: %empty                 { $$ = nil; }
    | STRING
    ;
string: STRING
    ;
/* @15.1, @15.4 (the lexer drops a comma before @) */
cites0: %empty                { $$ = none; }
    | cites
    ;
cites: CITE                   { $$ = list(lx, $1); }
    | cites CITE              { $$ = append(lx, $1, $2); }
    ;
/* std.government, 中国.工作日历 */
module: name                  { $$ = node1(lx, MODULE, @$, $1); }
    | module DOT name         { $$ = add_part(lx, @$, $1, $3); }
    ;
modules: module               { $$ = list(lx, $1); }
    | modules ',' module      { $$ = append(lx, $1, $3); }
    ;
/* Text, Text?, 文本（选填）, list of Department, list of at most 5 Text; `?` belongs to the whole list */
type: plain_type
    | plain_type '?'          { $$ = flagged(lx, @$, $1, BF_F_OPTIONAL); }
    | plain_type '(' OPTIONAL ')' { $$ = flagged(lx, @$, $1, BF_F_OPTIONAL); }
    ;
plain_type: name              { $$ = node1(lx, TYPE, @$, $1); }
    | LIST OF plain_type      { $$ = list_type(lx, @$, $3, nil); }
    | LIST OF AT_MOST INT plain_type { $$ = list_type(lx, @$, $5, $4); }
    | LIST_ZH plain_type      { $$ = list_type(lx, @$, $2, nil); }
    | LIST_ZH '(' AT_MOST INT ')' plain_type { $$ = list_type(lx, @$, $6, $4); }
    ;
/* (conditions: Text?, reason: Text "理由") */
params0: %empty               { $$ = none; }
    | '(' ')'                 { $$ = none; }
    | '(' params ')'          { $$ = $2; }
    ;
params: param                 { $$ = list(lx, $1); }
    | params ',' param        { $$ = append(lx, $1, $3); }
    ;
param: name label ':' type label { $$ = node3(lx, PARAM, @$, $1, either(lx, $2, $5), $4); }
    ;
/* = resource.provider */
init: %empty                  { $$ = nil; }
    | '=' sum                 { $$ = $2; }
    ;
colon0: %empty | ':'
    ;
comma0: %empty | ','
    ;

/* ---- declarations ---- */

decl:
    /* policy hebi "…" { number "…" } */
      POLICY name label cites0 policy_block cites0
                              { $$ = said(lx, $1, cited(node3(lx, POLICY, @$, $2, $3, $5.first), $4, $6, $5)); }
    /* use std.escalation: ladder, chain as steps */
    | USE module cites0       { $$ = said(lx, $1, cited(node2(lx, USE, @$, $2, nil), $3, none, none)); }
    | USE module ':' imports cites0
                              { $$ = said(lx, $1, cited(node2(lx, USE, @$, $2, $4.first), $5, none, none)); }
    /* assume at_once : Hours? = none @27.1.12 because "…" */
    | ASSUME name label ':' type '=' value cites0
                              { $$ = said(lx, $1, cited(node5(lx, ASSUME, @$, $2, $3, $5, $7, nil), $8, none, none)); }
    | ASSUME name label ':' type '=' value cites0 BECAUSE string cites0
                              { $$ = said(lx, $1, cited(node5(lx, ASSUME, @$, $2, $3, $5, $7, $10), $8, $11, none)); }
    /* office head "主要负责人" per Department @6.3 */
    | OFFICE name label types0 cites0
                              { $$ = said(lx, $1, office($1, cited(node3(lx, OFFICE, @$, $2, $3, $4.first), $5, none, none))); }
    /* enum SharingClass @14.1 { unconditional "无条件共享" } */
    | ENUM name label cites0 members_block cites0
                              { $$ = said(lx, $1, cited(open_if_etc(lx, node3(lx, ENUM, @$, $2, $3, $5.first)), $4, $6, $5)); }
    /* open enum Foundation { population "人口" } */
    | OPEN ENUM name label cites0 members_block cites0
                              { $$ = said(lx, $1, flag(cited(node3(lx, ENUM, @$, $3, $4, $6.first), $5, $7, $6), BF_F_OPEN)); }
    /* record Resource { code : Text } */
    | RECORD name label cites0 fields_block cites0
                              { $$ = said(lx, $1, cited(node3(lx, RECORD, @$, $2, $3, $5.first), $4, $6, $5)); }
    /* register grants "…" of Grant by requester, resource @8.1 */
    | REGISTER name label of type key cites0 names key_end cites0
                              { $$ = said(lx, $1, cited(node4(lx, REGISTER, @$, $2, $3, $5, $8.first), $7, $10, none)); }
    /* decide sharing_class "…" (r: Resource): SharingClass { when … then … } */
    | DECIDE name label params0 ':' type cites0 rules_block cites0
                              { $$ = said(lx, $1, cited(node5(lx, DECIDE, @$, $2, $3, $4.first, $6, $8.first), $7, $9, $8)); }
    /* violation unanswered "逾期未答复" @31.1.6 */
    | VIOLATION name label cites0
                              { $$ = said(lx, $1, cited(node2(lx, VIOLATION, @$, $2, $3), $4, none, none)); }
    /* note @4 "…" */
    | NOTE cites0 string cites0
                              { $$ = said(lx, $1, cited(node1(lx, NOTE, @$, $3), $2, $4, none)); }
    /* let police = Department(code: "gaj") */
    | LET name '=' value cites0
                              { $$ = said(lx, $1, cited(node2(lx, LET, @$, $2, $4), $5, none, none)); }
    | LET name '=' act cites0 { $$ = said(lx, $1, cited(node2(lx, LET, @$, $2, $4), $5, none, none)); }
    /* scenario "国庆前申请" @15.1 { at 2025-09-29 10:00 } */
    | SCENARIO string cites0 statements_block cites0
                              { $$ = said(lx, $1, cited(node2(lx, SCENARIO, @$, $2, $4.first), $3, $5, $4)); }
    | SCENARIO error spared_statements
                              { $$ = said(lx, $1, broken(node2(lx, SCENARIO, @$, no_text(lx, @1), $3.first))); }
    | SCENARIO error RESYNC   { yyerrok; $$ = said(lx, $1, broken(node2(lx, SCENARIO, @$, no_text(lx, @1), nil))); }
    /* replace decide reply_limit … */
    | REPLACE decl            { $$ = said(lx, $1, node1(lx, REPLACE, @$, $2)); }
    /* drop at_once */
    | DROP name cites0        { $$ = said(lx, $1, cited(node1(lx, DROP, @$, $2), $3, none, none)); }
    /* amend procedure share_request { replace state reply { … } drop supplement } */
    | AMEND PROCEDURE name cites0 items_block cites0
                              { $$ = said(lx, $1, cited(node3(lx, AMEND, @$, $3, nil, $5.first), $4, $6, $5)); }
    /* norm logs @13.3 { any Department must keep_logs "日志记录" otherwise violate no_logs } */
    | NORM name label cites0 norm_block cites0
                              { $$ = said(lx, $1, norm(lx, cited(node3(lx, NORM, @$, $2, $3, $5.first), $4, $6, $5))); }
    /* measure on_time "按期答复率" @17 per provider = count(request where answer is met) / count(request) */
    | MEASURE name label cites0 per0 '=' tally over0 cites0
                              { $$ = said(lx, $1, cited(node5(lx, MEASURE, @$, $2, $3, $5, $7, $8), $4, $9, none)); }
    /* model busy_month "忙月" { … } */
    | MODEL name label cites0 model_block cites0
                              { $$ = said(lx, $1, cited(node3(lx, MODEL, @$, $2, $3, $5.first), $4, $6, $5)); }
    /* assert correction ends within 20 working days if kept; 确保 数据校核 在20个工作日内办结，均按期履行 */
    | ASSERT name ENDS WITHIN sum kept0 cites0
                              { $$ = said(lx, $1, cited(asserted(lx, @$, BF_ASSERT_ENDS, $2, nil, $5, nil, $6), $7, none, none)); }
    | ASSERT name IN_ZH sum WITHIN_ZH END kept0 cites0
                              { $$ = said(lx, $1, cited(asserted(lx, @$, BF_ASSERT_ENDS, $2, nil, $4, nil, $7), $8, none, none)); }
    /* assert request leaves reply within 5 working days; 确保 共享申请 在5个工作日内离开 待答复 */
    | ASSERT name LEAVES name WITHIN sum kept0 cites0
                              { $$ = said(lx, $1, cited(asserted(lx, @$, BF_ASSERT_LEAVES, $2, $4, $6, nil, $7), $8, none, none)); }
    | ASSERT name IN_ZH sum WITHIN_ZH LEAVES name kept0 cites0
                              { $$ = said(lx, $1, cited(asserted(lx, @$, BF_ASSERT_LEAVES, $2, $7, $4, nil, $8), $9, none, none)); }
    /* assert rectification never supervised without order; 确保 整改 未经 责令 不进入 督查督办 */
    | ASSERT name NEVER name cites0
                              { $$ = said(lx, $1, cited(asserted(lx, @$, BF_ASSERT_NEVER, $2, $4, nil, nil, 0), $5, none, none)); }
    | ASSERT name NEVER name WITHOUT name cites0
                              { $$ = said(lx, $1, cited(asserted(lx, @$, BF_ASSERT_NEVER, $2, $4, nil, $6, 0), $7, none, none)); }
    | ASSERT name WITHOUT name NEVER name cites0
                              { $$ = said(lx, $1, cited(asserted(lx, @$, BF_ASSERT_NEVER, $2, $6, nil, $4, 0), $7, none, none)); }
    /* procedure share_request "共享申请" @15 { … } */
    | PROCEDURE name label cites0 items_block cites0
                              { $$ = said(lx, $1, cited(node3(lx, PROCEDURE, @$, $2, $3, $5.first), $4, $6, $5)); }
    | PROCEDURE name error spared_items
                              { $$ = said(lx, $1, broken(node3(lx, PROCEDURE, @$, $2, nil, $4.first))); }
    | PROCEDURE name error RESYNC
                              { yyerrok; $$ = said(lx, $1, broken(node3(lx, PROCEDURE, @$, $2, nil, nil))); }
    ;

/* The `{` after a mistake in a head was accepted: the block is read as usual. A block ends its rule, so that
** a mistake behind it does not open it again. */
resume: %empty                { yyerrok; bf_lexer_resume(lx); }
    ;
spared_statements: '{' resume statements '}' { $$ = $3; }
    ;
spared_items: '{' resume items '}' { $$ = $3; }
    ;
spared_alts: '{' resume alts '}' { $$ = $3; }
    ;

value: cond
    ;
/* per Department, 按 部门 确定 */
types0: %empty                { $$ = none; }
    | PER type                { $$ = list(lx, $2); }
    | PER type SETTLED        { $$ = list(lx, $2); }
    ;
of: OF | OF_ZH
    ;
key: BY | KEYED
    ;
key_end: %empty | AS_KEY
    ;
imports: import               { $$ = list(lx, $1); }
    | imports ',' import      { $$ = append(lx, $1, $3); }
    ;
import: name                  { $$ = node2(lx, IMPORT, @$, $1, nil); }
    | name AS name            { $$ = node2(lx, IMPORT, @$, $1, $3); }
    ;

/* ---- measures, models, asserts ---- */

/* per provider, 按 提供部门 统计 */
per0: %empty                  { $$ = nil; }
    | PER name                { $$ = $2; }
    | PER name TALLIED        { $$ = $2; }
    ;
/* count(share_request where answer is met); 计数（共享申请，其中 答复 已按期） */
tally: count '(' name ')'     { $$ = node2(lx, TALLY, @$, $3, nil); }
    | count '(' name WHERE cond ')' { $$ = node2(lx, TALLY, @$, $3, $5); }
    ;
count: COUNT | COUNT_ZH
    ;
over0: %empty                 { $$ = nil; }
    | SLASH tally             { $$ = $2; }
    ;
model_block: '{' '}'          { $$ = none; }
    | '{' cites '}'           { $$ = block(lx, none, $2); }
    | '{' model_items '}'     { $$ = $2; }
    | '{' cites model_items '}' { $$ = block(lx, $3, $2); }
    ;
model_items: model_item cites0 { $$ = list(lx, cited($1, $2, none, none)); }
    | model_items model_item cites0 { $$ = append(lx, $1, cited($2, $3, none, none)); }
    | error RESYNC            { yyerrok; $$ = none; }
    | model_items error RESYNC { yyerrok; $$ = $1; }
    ;
model_item:
    /* open share_request 12 per working day; 每个工作日 启动 共享申请 12件 */
      OPEN name INT PER name  { $$ = said(lx, $1, load(lx, @$, $2, $3, bf_build_rate(lx, @5, $5, false))); }
    | OPEN name INT PER NAME DAY { $$ = said(lx, $1, load(lx, @$, $2, $3, bf_build_rate(lx, @5, name(lx, @5, $5), true))); }
    | every STARTS_ZH name INT { $$ = said(lx, $2, load(lx, @$, $3, $4, $1)); }
    /* in share_request.reply, provider does approve 70, none 10 after 1 to 8 working days;
    ** 在 共享申请的待答复，提供部门 作出 同意共享 70、无 10，历时1至8个工作日 */
    | IN path ',' path DOES chances AFTER span
                              { $$ = said(lx, $1, answer(lx, @$, $2, $4, $6, $8)); }
    | IN_ZH path ',' path DOES chances LASTING span
                              { $$ = said(lx, $1, answer(lx, @$, $2, $4, $6, $8)); }
    ;
every: EVERY_WORKING_DAY      { $$ = BF_UNIT_WORKING_DAYS; }
    | DAILY                   { $$ = BF_UNIT_DAYS; }
    | EVERY_MONTH             { $$ = BF_UNIT_MONTHS; }
    ;
chances: chance               { $$ = list(lx, $1); }
    | chances ',' chance      { $$ = append(lx, $1, $3); }
    ;
chance: name INT              { $$ = chance(lx, @$, $1, $2); }
    | NONE INT                { $$ = chance(lx, @$, nil, $2); }
    ;
/* 1 to 8 working days, 1至8个工作日; 3 working days */
span: PERIOD                  { $$ = list(lx, $1); }
    | INT TO PERIOD           { $$ = append(lx, list(lx, $1), $3); }
    ;
/* if kept, 均按期履行 */
kept0: %empty                 { $$ = 0; }
    | IF KEPT                 { $$ = BF_F_KEPT; }
    | ALL_KEPT                { $$ = BF_F_KEPT; }
    ;

/* ---- the head of a policy ---- */

policy_block: '{' '}'         { $$ = none; }
    | '{' cites '}'           { $$ = block(lx, none, $2); }
    | '{' policy_items '}'    { $$ = $2; }
    | '{' cites policy_items '}' { $$ = block(lx, $3, $2); }
    ;
policy_items: policy_item cites0 { $$ = list(lx, cited($1, $2, none, none)); }
    | policy_items policy_item cites0 { $$ = append(lx, $1, cited($2, $3, none, none)); }
    | error RESYNC            { yyerrok; $$ = none; }
    | policy_items error RESYNC { yyerrok; $$ = $1; }
    ;
policy_item:
    /* number "鹤政办〔2021〕39号" */
      NUMBER string           { $$ = said(lx, $1, node1(lx, P_NUMBER, @$, $2)); }
    /* rank 5 "市政府办公室规范性文件" */
    | RANK INT label          { $$ = said(lx, $1, node2(lx, P_RANK, @$, $2, $3)); }
    /* in force 2021-12-13 to 2026-12-31 */
    | IN FORCE DATE           { $$ = said(lx, $1, node2(lx, P_IN_FORCE, @$, $3, nil)); }
    | IN FORCE DATE TO DATE   { $$ = said(lx, $1, node2(lx, P_IN_FORCE, @$, $3, $5)); }
    | FORCE DATE              { $$ = said(lx, $1, node2(lx, P_IN_FORCE, @$, $2, nil)); }
    /* 自2021年12月13日起施行，至2026年12月31日 */
    | FROM DATE FORCE_SUFFIX  { $$ = said(lx, $1, node2(lx, P_IN_FORCE, @$, $2, nil)); }
    | FROM DATE FORCE_SUFFIX TO DATE { $$ = said(lx, $1, node2(lx, P_IN_FORCE, @$, $2, $5)); }
    /* replaces "…"; “…”同时废止 */
    | REPLACES string         { $$ = said(lx, $1, node1(lx, P_REPLACES, @$, $2)); }
    | REPEALED                { $$ = flag(node1(lx, P_REPLACES, @$, $1), BF_F_ZH); }
    /* calendar cn.workdays; calendar uk.england, uk.scotland */
    | CALENDAR modules        { $$ = said(lx, $1, node1(lx, P_CALENDAR, @$, $2.first)); }
    | CALENDAR NONE           { $$ = said(lx, $1, node1(lx, P_CALENDAR, @$, none_module(lx, @2, $2))); }
    /* count from next day */
    | COUNT FROM NEXT DAY     { $$ = said(lx, $1, op(node0(lx, P_COUNT, @$), BF_COUNT_NEXT_DAY)); }
    | COUNT FROM SAME DAY     { $$ = said(lx, $1, op(node0(lx, P_COUNT, @$), BF_COUNT_SAME_DAY)); }
    | COUNT NEXT_DAY          { $$ = said(lx, $1, op(node0(lx, P_COUNT, @$), BF_COUNT_NEXT_DAY)); }
    | COUNT SAME_DAY          { $$ = said(lx, $1, op(node0(lx, P_COUNT, @$), BF_COUNT_SAME_DAY)); }
    /* roll none, 不顺延 */
    | ROLL                    { $$ = said(lx, $1, op(node0(lx, P_ROLL, @$), BF_ROLL_NEXT)); }
    | ROLL NEXT               { $$ = said(lx, $1, op(node0(lx, P_ROLL, @$), BF_ROLL_NEXT)); }
    | ROLL NONE               { $$ = said(lx, $1, op(node0(lx, P_ROLL, @$), BF_ROLL_NONE)); }
    | ROLL_NONE               { $$ = said(lx, $1, op(node0(lx, P_ROLL, @$), BF_ROLL_NONE)); }
    /* standstill days, months; 期间停止 日、月 */
    | STANDSTILL still_units  { $$ = said(lx, $1, op(node0(lx, P_STANDSTILL, @$), (uint8_t)$2)); }
    /* day ends 17:30, 每日17:30截止 */
    | DAY ENDS TIME           { $$ = said(lx, $1, node1(lx, P_DAY_ENDS, @$, $3)); }
    | DAILY TIME CUTOFF       { $$ = said(lx, $1, node1(lx, P_DAY_ENDS, @$, $2)); }
    /* amends hebi_2021_39 with new cases; 修订 鹤壁政务数据办法，适用于新立案件 */
    | AMENDS name WITH NEW CASES because0
                              { $$ = said(lx, $1, op(node2(lx, P_AMENDS, @$, $2, $6), BF_AMENDS_NEW)); }
    | AMENDS name WITH ALL CASES because0
                              { $$ = said(lx, $1, op(node2(lx, P_AMENDS, @$, $2, $6), BF_AMENDS_ALL)); }
    | AMENDS name NEW_CASES because0
                              { $$ = said(lx, $1, op(node2(lx, P_AMENDS, @$, $2, $4), BF_AMENDS_NEW)); }
    | AMENDS name ALL_CASES because0
                              { $$ = said(lx, $1, op(node2(lx, P_AMENDS, @$, $2, $4), BF_AMENDS_ALL)); }
    /* retain 3 years */
    | RETAIN PERIOD           { $$ = said(lx, $1, node1(lx, P_RETAIN, @$, $2)); }
    ;
because0: %empty              { $$ = nil; }
    | BECAUSE string          { $$ = $2; }
    ;

still_units: still_unit       { $$ = $1; }
    | still_units ',' still_unit { $$ = $1 | $3; }
    ;
/* days, working days, 月 */
still_unit: NAME              { $$ = still_unit(lx, @1, $1, NULL); }
    | NAME NAME               { $$ = still_unit(lx, @$, $1, $2); }
    ;

/* ---- vocabularies ---- */

/* { population "人口" licences "电子证照" }; ｛ 人口、电子证照 等 ｝ */
members_block: '{' '}'        { $$ = none; }
    | '{' cites '}'           { $$ = block(lx, none, $2); }
    | '{' members etc '}'     { $$ = $2; }
    | '{' cites members etc '}' { $$ = block(lx, $3, $2); }
    ;
etc: %empty | ETC             { etcetera(lx); }
    ;
members: member               { $$ = list(lx, $1); }
    | members comma0 member   { $$ = append(lx, $1, $3); }
    | error RESYNC            { yyerrok; $$ = none; }
    | members error RESYNC    { yyerrok; $$ = $1; }
    ;
member: name label cites0     { $$ = cited(node2(lx, MEMBER, @$, $1, $2), $3, none, none); }
    ;

/* { requester : Department scope : Text "范围" } */
fields_block: '{' '}'         { $$ = none; }
    | '{' cites '}'           { $$ = block(lx, none, $2); }
    | '{' fields '}'          { $$ = $2; }
    | '{' cites fields '}'    { $$ = block(lx, $3, $2); }
    ;
fields: field                 { $$ = list(lx, $1); }
    | fields comma0 field     { $$ = append(lx, $1, $3); }
    | error RESYNC            { yyerrok; $$ = none; }
    | fields error RESYNC     { yyerrok; $$ = $1; }
    ;
field: name label ':' type label cites0
                              { $$ = cited(node3(lx, FIELD, @$, $1, either(lx, $2, $5), $4), $6, none, none); }
    ;

/* ---- decisions ---- */

rules_block: '{' '}'          { $$ = none; }
    | '{' cites '}'           { $$ = block(lx, none, $2); }
    | '{' rules '}'           { $$ = $2; }
    | '{' cites rules '}'     { $$ = block(lx, $3, $2); }
    ;
rules: rule cites0            { $$ = list(lx, cited($1, $2, none, none)); }
    | rules rule cites0       { $$ = append(lx, $1, cited($2, $3, none, none)); }
    | error RESYNC            { yyerrok; $$ = none; }
    | rules error RESYNC      { yyerrok; $$ = $1; }
    ;
rule:
    /* when r.declared is withheld then withheld; 凡 … 的，为 … */
      when_word cond then sum { $$ = said(lx, $1, op(node2(lx, RULE, @$, $2, $4), BF_RULE_WHEN)); }
    /* otherwise unconditional; 否则为 … */
    | OTHERWISE sum           { $$ = said(lx, $1, op(node2(lx, RULE, @$, nil, $2), BF_RULE_OTHERWISE)); }
    | FOUZE sum               { $$ = said(lx, $1, op(node2(lx, RULE, @$, nil, $2), BF_RULE_OTHERWISE)); }
    /* override when r.foundation is present then unconditional; 但当 … 的，为 … */
    | OVERRIDE WHEN cond then sum
                              { $$ = said(lx, $1, op(node2(lx, RULE, @$, $3, $5), BF_RULE_OVERRIDE)); }
    | OVERRIDE_WHEN cond then sum
                              { $$ = said(lx, $1, op(node2(lx, RULE, @$, $2, $4), BF_RULE_OVERRIDE)); }
    ;
when_word: WHEN | IF_ZH
    ;
then: THEN | CONDITION_END IS | CONDITION_END THEN
    ;

/* ---- procedures and states ---- */

items_block: '{' '}'          { $$ = none; }
    | '{' cites '}'           { $$ = block(lx, none, $2); }
    | '{' items '}'           { $$ = $2; }
    | '{' cites items '}'     { $$ = block(lx, $3, $2); }
    ;
items: party_item             { $$ = list(lx, $1); }
    | items party_item        { $$ = append(lx, $1, $2); }
    | stray_item              { $$ = none; }
    | items stray_item        { $$ = $1; }
    | error RESYNC            { yyerrok; $$ = none; }
    | items error RESYNC      { yyerrok; $$ = $1; }
    ;

party_item:
    /* party provider : Department "提供部门" = resource.provider */
      PARTY name label ':' type label init cites0
                              { $$ = said(lx, $1, cited(node4(lx, PARTY, @$, $2, either(lx, $3, $6), $5, $7), $8, none, none)); }
    /* given purpose : Text sealed "共享用途" */
    | GIVEN name label ':' type sealed init cites0
                              { $$ = said(lx, $1, cited(datum(lx, GIVEN, @$, $2, $3, $5, $6, $7), $8, none, none)); }
    /* keep owners : list of Department = [] */
    | KEEP name label ':' type sealed init cites0
                              { $$ = said(lx, $1, cited(datum(lx, KEEP, @$, $2, $3, $5, $6, $7), $8, none, none)); }
    /* starts by requester or requester.authority; 由 … 启动 */
    | STARTS BY subjects asked0 cites0
                              { $$ = said(lx, $1, cited(node2(lx, STARTS_BY, @$, $3.first, $4), $5, none, none)); }
    | BY_ZH subjects STARTS_ZH asked0 cites0
                              { $$ = said(lx, $1, cited(node2(lx, STARTS_BY, @$, $2.first, $4), $5, none, none)); }
    /* starts on law_amended "…" (dept: Department); 因 …（…）启动 */
    | STARTS ON name label params0 cites0
                              { $$ = said(lx, $1, cited(node3(lx, STARTS_ON, @$, $3, $4, $5.first), $6, none, none)); }
    | ON_ZH name label params0 STARTS_ZH cites0
                              { $$ = said(lx, $1, cited(node3(lx, STARTS_ON, @$, $2, $3, $4.first), $6, none, none)); }
    /* starts every year on 01-01 with each dept in departments; 每年1月1日对 部门名录 内各 部门 启动 */
    | STARTS EVERY_YEAR ON MONTH_DAY members_of0 cites0
                              { $$ = said(lx, $1, cited(node2(lx, STARTS_EVERY, @$, $4, $5.first), $6, none, none)); }
    | EVERY_YEAR MONTH_DAY members_of_zh0 STARTS_ZH cites0
                              { $$ = said(lx, $1, cited(node2(lx, STARTS_EVERY, @$, $2, $3.first), $5, none, none)); }
    /* starts every 3 months; 每3个月启动 */
    | STARTS EVERY PERIOD members_of0 cites0
                              { $$ = said(lx, $1, cited(node2(lx, STARTS_EVERY, @$, $3, $4.first), $5, none, none)); }
    | EVERY PERIOD members_of_zh0 STARTS_ZH cites0
                              { $$ = said(lx, $1, cited(node2(lx, STARTS_EVERY, @$, $2, $3.first), $5, none, none)); }
    /* require items > 0 otherwise "…" */
    | REQUIRE colon0 cond required string cites0
                              { $$ = said(lx, $1, cited(node2(lx, REQUIRE, @$, $3, $5), $6, none, none)); }
    | state
    /* end granted "予以共享" { put grants … } */
    | END name label cites0
                              { $$ = said(lx, $1, cited(node3(lx, END, @$, $2, $3, nil), $4, none, none)); }
    | END name label cites0 effects cites0
                              { $$ = said(lx, $1, cited(node3(lx, END, @$, $2, $3, $5.first), $4, $6, $5)); }
    /* replace state reply { … }; drop supplement: in what amends a procedure */
    | REPLACE party_item      { $$ = said(lx, $1, node1(lx, REPLACE, @$, $2)); }
    | DROP name cites0        { $$ = said(lx, $1, cited(node1(lx, DROP, @$, $2), $3, none, none)); }
    | act_rule
    /* 如 允许补正的，提供部门可以…；在 待答复、协商 期间，… */
    | guard act_rule          { $$ = guarded(lx, @$, $1, $2); }
    | when
    | run
    ;
required: OTHERWISE | FOUZE
    ;
/* with consent of head; 须经 主要负责人 同意: of a start, before the case is in its first state */
asked0: %empty                { $$ = nil; }
    | WITH CONSENT OF consenters { $$ = node1(lx, C_CONSENT, @$, $4.first); }
    | WITH_ZH consenters CONSENT { $$ = node1(lx, C_CONSENT, @$, $2.first); }
    ;
/* with each dept in departments; 对 部门名录 内各 部门 */
members_of0: %empty           { $$ = none; }
    | WITH EACH name IN name  { $$ = append(lx, list(lx, $3), $5); }
    ;
members_of_zh0: %empty        { $$ = none; }
    | UPON name EACH_ZH name  { $$ = append(lx, list(lx, $4), $2); }
    ;
sealed: label                 { $$.label = $1; $$.mark = 0; }
    | SEALED label            { $$.label = $2; $$.mark = BF_F_SEALED; }
    | STRING SEALED           { $$.label = $1; $$.mark = BF_F_SEALED; }
    ;

/* state reply "待答复" { … } */
state: STATE name label cites0 items_block cites0
                              { $$ = said(lx, $1, cited(node3(lx, STATE, @$, $2, $3, $5.first), $4, $6, $5)); }
    | STATE name error spared_items
                              { $$ = said(lx, $1, broken(node3(lx, STATE, @$, $2, nil, $4.first))); }
    | STATE name error RESYNC { yyerrok; $$ = said(lx, $1, broken(node3(lx, STATE, @$, $2, nil, nil))); }
    ;

/* 如 C 的， */
guard: IF_ZH cond CONDITION_END
                              { $$ = list(lx, op(node1(lx, C_IF, @2, $2), 0)); }
    | IN_ZH names DURING comma0
                              { $$ = list(lx, node1(lx, C_IN, @2, $2.first)); }
    | IN_ZH names DURING comma0 IF_ZH cond CONDITION_END
                              { $$ = append(lx, list(lx, node1(lx, C_IN, @2, $2.first)), node1(lx, C_IF, @6, $6)); }
    ;

/* when sharing_class(resource) is withheld -> negotiation; 如 C 的，转入 S; else -> reply */
when: WHEN cond goal cites0   { $$ = said(lx, $1, cited(node4(lx, WHEN, @$, $2, nil, nil, $3), $4, none, none)); }
    | WHEN cond CONDITION_END goal cites0
                              { $$ = said(lx, $1, cited(node4(lx, WHEN, @$, $2, nil, nil, $4), $5, none, none)); }
    | routed cites0           { $$ = cited($1, $2, none, none); }
    | ELSE goal cites0        { $$ = said(lx, $1, cited(node4(lx, WHEN, @$, nil, nil, nil, $2), $3, none, none)); }
    | FOUZE goal cites0       { $$ = said(lx, $1, cited(node4(lx, WHEN, @$, nil, nil, nil, $2), $3, none, none)); }
    ;
routed: guard goal            { $$ = route(lx, @$, $1, $2); }
    ;
/* -> granted; -> back; 转入 原状态 */
goal: ARROW name              { $$ = goal(lx, @$, $2); }
    ;

/* run ladder(levels: …) { settled -> granted  exhausted -> closed }; 适用 逐级协调（…） ｛ 协调成功，转入 予以共享 ｝ */
run: RUN name args0 cites0 outcomes_block cites0
                              { $$ = said(lx, $1, cited(node3(lx, RUN, @$, $2, $3.first, $5.first), $4, $6, $5)); }
    ;
outcomes_block: '{' outcomes '}' { $$ = $2; }
    | '{' cites outcomes '}'  { $$ = block(lx, $3, $2); }
    ;
outcomes: outcome             { $$ = list(lx, $1); }
    | outcomes outcome        { $$ = append(lx, $1, $2); }
    | outcomes ';'            { $$ = $1; }
    | error RESYNC            { yyerrok; $$ = none; }
    | outcomes error RESYNC   { yyerrok; $$ = $1; }
    ;
outcome: name cites0          { $$ = cited(node1(lx, OUTCOME, @$, $1), $2, none, none); }
    | name goal cites0        { $$ = cited(node4(lx, OUTCOME, @$, $1, nil, nil, $2), $3, none, none); }
    | name goal cites0 effects cites0
                              { $$ = cited(node5(lx, OUTCOME, @$, $1, nil, nil, $2, $4.first), $3, $5, $4); }
    | name effects cites0     { $$ = cited(node5(lx, OUTCOME, @$, $1, nil, nil, nil, $2.first), $3, none, $2); }
    ;

act_rule: may | must | must_not | may_extend | pauses | lasts
    ;

/* requester or provider may settle "达成一致" in a, b once if … with consent of … -> granted { … } */
may: subjects MAY limit0 act_head in0 clauses
                              { $$ = may(lx, @$, $2, $1, $3, $4, $5, $6, nil, none); }
    | subjects MAY limit0 act_head in0 clauses goal cites0
                              { $$ = cited(may(lx, @$, $2, $1, $3, $4, $5, $6, $7, none), $8, none, none); }
    | subjects MAY limit0 act_head in0 clauses goal cites0 effects cites0
                              { $$ = cited(may(lx, @$, $2, $1, $3, $4, $5, $6, $7, $9), $8, $10, $9); }
    | subjects MAY limit0 act_head in0 clauses effects cites0
                              { $$ = cited(may(lx, @$, $2, $1, $3, $4, $5, $6, nil, $7), $8, none, $7); }
    ;
in0: %empty                   { $$ = none; }
    | IN names                { $$ = list(lx, node1(lx, C_IN, @$, $2.first)); }
    ;
/* approve "同意" (conditions: Text?) */
act_head: name label params0  { $$ = node3(lx, ACT, @$, $1, $2, $3.first); }
    ;

/* provider must answer "答复" within 5 working days from start { approve … refuse … } otherwise stays { … }
** A duty that is named like its only act may be written as that act: dept must publish(r: Text) by 12-31 -> done */
must: subjects MUST limit0 act_head clauses alts_block cites0 otherwise0
                              { $$ = cited(must(lx, @$, $2, $1, $3, $4, $5, $6, $8), $7, none, $6); }
    | subjects MUST limit0 act_head clauses error spared_alts
                              { $$ = broken(must(lx, @$, $2, $1, $3, $4, $5, $7, nil)); }
    | subjects MUST limit0 act_head clauses key_act otherwise0
                              { $$ = must_act(lx, @$, $2, $1, $3, $4, $5, $6, $7); }
    /* provider must close within 60 days from start until granted, refused otherwise -> overdue */
    | subjects MUST limit0 act_head clauses UNTIL names cites0 otherwise0
                              { $$ = cited(must(lx, @$, $2, $1, $3, $4,
                                                append(lx, $5, node1(lx, C_UNTIL, @7, $7.first)), none, $9), $8, none, none); }
    ;
key_act: goal cites0                      { $$ = cited(node4(lx, ALT, @$, nil, nil, nil, $1), $2, none, none); }
    | goal cites0 effects cites0
                              { $$ = cited(node5(lx, ALT, @$, nil, nil, nil, $1, $3.first), $2, $4, $3); }
    ;
/* { approve … -> granted  refuse … -> negotiation } */
alts_block: '{' alts '}'      { $$ = $2; }
    | '{' cites alts '}'      { $$ = block(lx, $3, $2); }
    ;
alts: alt                     { $$ = list(lx, $1); }
    | alts alt                { $$ = append(lx, $1, $2); }
    | alts ';'                { $$ = $1; }
    | error RESYNC            { yyerrok; $$ = none; }
    | alts error RESYNC       { yyerrok; $$ = $1; }
    ;
alt: act_head clauses         { $$ = alt(lx, @$, $1, $2, nil, none); }
    | act_head clauses goal cites0
                              { $$ = cited(alt(lx, @$, $1, $2, $3, none), $4, none, none); }
    | act_head clauses goal cites0 effects cites0
                              { $$ = cited(alt(lx, @$, $1, $2, $3, $5), $4, $6, $5); }
    | act_head clauses effects cites0
                              { $$ = cited(alt(lx, @$, $1, $2, nil, $3), $4, none, $3); }
    ;
/* otherwise stays { … }, otherwise -> S, otherwise deemed agree; 逾期的，… */
otherwise0: %empty            { $$ = nil; }
    | otherwise
    ;
otherwise: overdue otherwise_part cites0
                              { $$ = cited(spanned($2, @$), $3, none, none); }
    ;
overdue: OTHERWISE | OVERDUE | OVERDUE CONDITION_END
    ;
otherwise_part: STAYS effects0 { $$ = cited(op(node5(lx, OTHERWISE, @$, nil, nil, nil, nil, $2.first), BF_OTHERWISE_STAYS), none, none, $2); }
    | goal effects0           { $$ = cited(op(node5(lx, OTHERWISE, @$, nil, nil, nil, $1, $2.first), BF_OTHERWISE_GOTO), none, none, $2); }
    | DEEMED name             { $$ = op(node1(lx, OTHERWISE, @$, $2), BF_OTHERWISE_DEEMED); }
    ;

/* any Department must not turn_away (proof: Bool) unless not proof otherwise violate turned_away */
must_not: subjects must_not_word act_head clauses violate0
                              { $$ = must_not(lx, @$, $2, $1, $3, $4, $5); }
    ;
must_not_word: MUST NOT | MUST_NOT
    ;
violate0: %empty              { $$ = none; }
    | OTHERWISE VIOLATE name cites0 { $$ = block(lx, list(lx, $3), $4); }
    | breach FIND AMOUNTS name cites0 { $$ = block(lx, list(lx, $4), $5); }
    ;
breach: OTHERWISE | BREACH | BREACH CONDITION_END
    ;

/* What a norm holds: standing prohibitions and duties. */
norm_block: '{' norm_rules '}' { $$ = $2; }
    | '{' cites norm_rules '}' { $$ = block(lx, $3, $2); }
    ;
norm_rules: norm_rule         { $$ = list(lx, $1); }
    | norm_rules norm_rule    { $$ = append(lx, $1, $2); }
    | error RESYNC            { yyerrok; $$ = none; }
    | norm_rules error RESYNC { yyerrok; $$ = $1; }
    ;
norm_rule: must_not
    /* any Department must keep_logs otherwise violate no_logs; 各 部门应当建立日志记录；违反的，认定 构成 未建日志 */
    | subjects MUST act_head clauses violate0
                              { $$ = norm_must(lx, @$, $2, $1, $3, $4, $5); }
    ;

/* provider may extend check once by at most 10 working days with consent of provider.head */
may_extend: subjects MAY EXTEND name once0 extend_limit clauses
                              { $$ = extend(lx, @$, $2, $1, $4, $5, $6, $7, none); }
    | subjects MAY EXTEND name once0 extend_limit clauses effects cites0
                              { $$ = cited(extend(lx, @$, $2, $1, $4, $5, $6, $7, $8), $9, none, $8); }
    ;
once0: %empty                 { $$ = none; }
    | ONCE                    { $$ = list(lx, once(lx, @$, nil)); }
    | TIMES                   { $$ = list(lx, once(lx, @$, $1)); }
    ;
extend_limit: BY AT_MOST sum  { $$ = $3; }
    | AT_MOST sum             { $$ = $2; }
    ;

/* pauses answer, check if …; pauses all */
pauses: PAUSES names guard0 cites0
                              { $$ = said(lx, $1, cited(pauses(lx, @$, $2, $3), $4, none, none)); }
    | PAUSES ALL guard0 cites0
                              { $$ = said(lx, $1, cited(pauses(lx, @$, none, $3), $4, none, none)); }
    ;
guard0: %empty                { $$ = none; }
    | IF cond                 { $$ = list(lx, $2); }
    | IF_LIMITED cond         { $$ = list(lx, $2); }
    ;

/* lasts at most 20 working days otherwise -> withdrawn; 本状态最长20个工作日，逾期的，转入 已撤回 */
lasts: LASTS AT_MOST sum clauses overdue goal effects0 cites0
                              { $$ = cited(lasts(lx, @$, $1, $3, $4, $6, $7), none, $8, $7); }
    | LASTS_ZH sum clauses overdue goal effects0 cites0
                              { $$ = cited(lasts(lx, @$, $1, $2, $3, $5, $6), none, $7, $6); }
    ;

/* requester or requester.authority */
subjects: subject             { $$ = list(lx, $1); }
    | subjects OR subject     { $$ = append(lx, $1, $3); }
    ;
consenters: subject           { $$ = list(lx, $1); }
    | consenters ',' subject  { $$ = append(lx, $1, $3); }
    ;
/* provider.head; any Department */
subject: path                 { $$ = op(node1(lx, SUBJECT, @$, $1), BF_SUBJECT_ONE); }
    | ANY type                { $$ = op(node1(lx, SUBJECT, @$, $2), BF_SUBJECT_ANY); }
    /* each owner in owners; 相关部门 内各 成员单位; in turn, 依次 */
    | EACH name IN path       { $$ = op(node2(lx, SUBJECT, @$, $2, $4), BF_SUBJECT_EACH); }
    | EACH name IN path IN TURN { $$ = op(node2(lx, SUBJECT, @$, $2, $4), BF_SUBJECT_IN_TURN); }
    | path EACH_ZH name       { $$ = op(node2(lx, SUBJECT, @$, $3, $1), BF_SUBJECT_EACH); }
    | path EACH_ZH name IN_TURN { $$ = op(node2(lx, SUBJECT, @$, $3, $1), BF_SUBJECT_IN_TURN); }
    /* any signer in signers; 会签人 内任一 会签人员 */
    | ANY name IN path        { $$ = op(node2(lx, SUBJECT, @$, $2, $4), BF_SUBJECT_ANY_OF); }
    | path ANY_OF name        { $$ = op(node2(lx, SUBJECT, @$, $3, $1), BF_SUBJECT_ANY_OF); }
    ;
path: name
    | path DOT name           { $$ = binary(lx, DOT, @$, $1, $3); }
    ;

/* ---- clauses ---- */

/* Chinese puts the limit before the act: 应当自启动之日起5个工作日内答复 */
limit0: %empty                { $$ = none; }
    | limit
    ;
limit: PERIOD WITHIN_ZH       { $$ = list(lx, node1(lx, C_WITHIN, @$, $1)); }
    | IN_ZH sum WITHIN_ZH     { $$ = list(lx, node1(lx, C_WITHIN, @$, $2)); }
    | AT_ZH sum WITHIN_ZH     { $$ = list(lx, node1(lx, C_WITHIN, @$, $2)); }
    | FROM sum FROM_DAY sum WITHIN_ZH { $$ = within_from(lx, @2, $2, @4, $4); }
    | IN_ZH sum FROM_DAY sum WITHIN_ZH { $$ = within_from(lx, @2, $2, @4, $4); }
    | AT_ZH sum FROM_DAY sum WITHIN_ZH { $$ = within_from(lx, @2, $2, @4, $4); }
    /* 自提出之日起3个月届满后可以起诉 */
    | FROM sum FROM_DAY sum AFTER_EXPIRY { $$ = not_before_from(lx, @2, $2, @4, $4); }
    | IN_ZH sum AFTER_EXPIRY  { $$ = list(lx, node1(lx, C_NOT_BEFORE, @$, $2)); }
    | IN_ZH sum BY_EXPIRY     { $$ = list(lx, node1(lx, C_BY, @$, $2)); }
    | IN_ZH limit_date DAY_BEFORE { $$ = list(lx, node1(lx, C_BY, @$, $2)); }
    | IN_ZH sum THE_DAY PERIOD DAY_BEFORE
                              { $$ = list(lx, node1(lx, C_BY, @$, binary(lx, BEFORE, @$, $4, $2))); }
    ;
limit_date: DATE | MONTH_DAY
    ;

clauses: %empty               { $$ = none; }
    | clauses clause          { $$ = append(lx, $1, $2); }
    | clauses CITE            { $$ = append_cite(lx, $1, $2); }
    ;
clause:
    /* once, 一次; 3 times, 3次 */
      ONCE                    { $$ = once(lx, @$, nil); }
    | TIMES                   { $$ = once(lx, @$, $1); }
    /* within 5 working days from start */
    | WITHIN sum              { $$ = node1(lx, C_WITHIN, @$, $2); }
    | FROM sum                { $$ = node1(lx, C_FROM, @$, $2); }
    | FROM sum FROM_DAY       { $$ = node1(lx, C_FROM, @$, $2); }
    /* by order.limit, by 12-31 */
    | BY by_date              { $$ = node1(lx, C_BY, @$, $2); }
    /* not before hearing, 不早于 听证日; not before 3 months from objection */
    | NOT_BEFORE by_date      { $$ = node1(lx, C_NOT_BEFORE, @$, $2); }
    /* with consent of requester, provider; 须经 … 同意 */
    | WITH CONSENT OF consenters { $$ = node1(lx, C_CONSENT, @$, $4.first); }
    | WITH_ZH consenters CONSENT { $$ = node1(lx, C_CONSENT, @$, $2.first); }
    /* reporting to provider.authority; 并向 … 报备 */
    | REPORTING TO consenters { $$ = node1(lx, C_REPORTING, @$, $3.first); }
    | REPORTING_ZH consenters FILED { $$ = node1(lx, C_REPORTING, @$, $2.first); }
    /* if completion_allowed; 限于 期限 不超过 … */
    | IF cond                 { $$ = node1(lx, C_IF, @$, $2); }
    | IF_LIMITED cond         { $$ = op(node1(lx, C_IF, @$, $2), 1); }
    /* dated signed_on; 以 落款日 为准 */
    | DATED name              { $$ = node1(lx, C_DATED, @$, $2); }
    | KEYED name DATED_ZH     { $$ = node1(lx, C_DATED, @$, $2); }
    /* distinct from draft, check; 与 起草、校对 非同一人 */
    | DISTINCT FROM names     { $$ = node1(lx, C_DISTINCT, @$, $3.first); }
    | DISTINCT_ZH names NOT_THE_SAME { $$ = node1(lx, C_DISTINCT, @$, $2.first); }
    /* unless not proof; 但 … 的除外 */
    | UNLESS cond             { $$ = node1(lx, C_UNLESS, @$, $2); }
    | BUT cond EXCEPTED       { $$ = node1(lx, C_UNLESS, @$, $2); }
    ;
by_date: sum
    | MONTH_DAY
    ;

/* ---- effects ---- */

effects0: %empty              { $$ = none; }
    | effects
    ;
/* { violate unanswered by provider; notify provider.authority } */
effects: '{' '}'              { $$ = none; }
    | '{' cites '}'           { $$ = block(lx, none, $2); }
    | '{' effect_list '}'     { $$ = $2; }
    | '{' cites effect_list '}' { $$ = block(lx, $3, $2); }
    ;
effect_list: effect           { $$ = list(lx, $1); }
    | effect_list effect      { $$ = append(lx, $1, $2); }
    | effect_list ';'         { $$ = $1; }
    | error RESYNC            { yyerrok; $$ = none; }
    | effect_list error RESYNC { yyerrok; $$ = $1; }
    ;
/* notify requester if …; 如 … 的，通知 使用部门 */
effect: effect_core guard0 cites0 { $$ = cited(effect_if($1, $2), $3, none, none); }
    | IF_ZH cond CONDITION_END effect_core cites0
                              { $$ = cited(effect_if(spanned($4, @$), list(lx, $2)), $5, none, none); }
    ;
effect_core:
    /* set owners = them; 将 相关部门 改为 提名单位; 令 x ＝ e */
      SET name '=' sum        { $$ = said(lx, $1, node2(lx, E_SET, @$, $2, $4)); }
    | TAKE sum TO_BE sum      { $$ = said(lx, $1, node2(lx, E_SET, @$, as_name(lx, $2), $4)); }
    /* add other to owners; 将 增补单位 加入 相关部门 */
    | ADD sum TO name         { $$ = said(lx, $1, node2(lx, E_ADD, @$, $4, $2)); }
    | TAKE sum INTO_LIST name { $$ = said(lx, $1, node2(lx, E_ADD, @$, $4, $2)); }
    /* add other to signers after signer; 将 接办人 加入 审批人，排在 本人 之后 */
    | ADD sum TO name AFTER primary { $$ = said(lx, $1, op(node4(lx, E_ADD, @$, $4, $2, nil, $6), BF_ADD_AFTER)); }
    | ADD sum TO name BEFORE primary { $$ = said(lx, $1, op(node4(lx, E_ADD, @$, $4, $2, nil, $6), BF_ADD_BEFORE)); }
    | TAKE sum INTO_LIST name PLACED primary AFTER_ZH
                              { $$ = said(lx, $1, op(node4(lx, E_ADD, @$, $4, $2, nil, $6), BF_ADD_AFTER)); }
    | TAKE sum INTO_LIST name PLACED primary BEFORE_ZH
                              { $$ = said(lx, $1, op(node4(lx, E_ADD, @$, $4, $2, nil, $6), BF_ADD_BEFORE)); }
    /* remove other from owners; 将 … 移出 … */
    | REMOVE sum FROM name    { $$ = said(lx, $1, node2(lx, E_REMOVE, @$, $4, $2)); }
    | TAKE sum OUT_OF_LIST name { $$ = said(lx, $1, node2(lx, E_REMOVE, @$, $4, $2)); }
    /* put catalogue apply.entry; 将 … 记入 … */
    | PUT name sum            { $$ = said(lx, $1, node2(lx, E_PUT, @$, $2, $3)); }
    | TAKE sum INTO_REGISTER name { $$ = said(lx, $1, node2(lx, E_PUT, @$, $4, $2)); }
    /* notify requester saying reason; 通知 使用部门，并说明 理由; 将 理由 通知 使用部门 */
    | NOTIFY sum              { $$ = said(lx, $1, node2(lx, E_NOTIFY, @$, $2, nil)); }
    | NOTIFY sum SAYING sum   { $$ = said(lx, $1, node2(lx, E_NOTIFY, @$, $2, $4)); }
    | TAKE sum NOTIFY sum     { $$ = said(lx, $1, node2(lx, E_NOTIFY, @$, $4, $2)); }
    /* violate unanswered by provider; 认定 提供部门 构成 逾期未答复 */
    | VIOLATE name            { $$ = said(lx, $1, node2(lx, E_VIOLATE, @$, $2, nil)); }
    | VIOLATE name BY sum     { $$ = said(lx, $1, node2(lx, E_VIOLATE, @$, $2, $4)); }
    | FIND AMOUNTS name       { $$ = said(lx, $1, node2(lx, E_VIOLATE, @$, $3, nil)); }
    | FIND sum AMOUNTS name   { $$ = said(lx, $1, node2(lx, E_VIOLATE, @$, $4, $2)); }
    /* excuse breach; 免除 违规事项 */
    | EXCUSE sum              { $$ = said(lx, $1, node1(lx, E_EXCUSE, @$, $2)); }
    /* open correction(provider: provider); 启动 数据校核（…） */
    | OPEN name args0         { $$ = said(lx, $1, node2(lx, E_OPEN, @$, $2, $3.first)); }
    | STARTS_ZH name args0    { $$ = said(lx, $1, node2(lx, E_OPEN, @$, $2, $3.first)); }
    /* issue Decision(reason: reason) to applicant; 制发 决定书（理由：理由），并送达 申请人 */
    | ISSUE sum               { $$ = said(lx, $1, node2(lx, E_ISSUE, @$, $2, nil)); }
    | ISSUE sum TO sum        { $$ = said(lx, $1, node2(lx, E_ISSUE, @$, $2, $4)); }
    | ISSUE sum DELIVER sum   { $$ = said(lx, $1, node2(lx, E_ISSUE, @$, $2, $4)); }
    /* restart apply; 重新计算 申请更新 */
    | RESTART name            { $$ = said(lx, $1, node1(lx, E_RESTART, @$, $2)); }
    /* extend answer by 5 working days; 将 答复 延长5个工作日; extend answer to 2026-01-05; 将 答复 延长至 … */
    | EXTEND name BY sum      { $$ = said(lx, $1, op(node2(lx, E_EXTEND, @$, $2, $4), 0)); }
    | EXTEND name TO sum      { $$ = said(lx, $1, op(node2(lx, E_EXTEND, @$, $2, $4), 1)); }
    | TAKE sum EXTEND sum     { $$ = said(lx, $1, op(node2(lx, E_EXTEND, @$, as_name(lx, $2), $4), 0)); }
    | TAKE sum EXTEND_TO sum  { $$ = said(lx, $1, op(node2(lx, E_EXTEND, @$, as_name(lx, $2), $4), 1)); }
    ;

/* ---- scenarios ---- */

statements_block: '{' '}'     { $$ = none; }
    | '{' cites '}'           { $$ = block(lx, none, $2); }
    | '{' statements '}'      { $$ = $2; }
    | '{' cites statements '}' { $$ = block(lx, $3, $2); }
    ;
statements: stray_statement    { $$ = none; }
    | statements stray_statement { $$ = $1; }
    | statement cites0        { $$ = list(lx, cited($1, $2, none, none)); }
    | statements statement cites0 { $$ = append(lx, $1, cited($2, $3, none, none)); }
    | error RESYNC            { yyerrok; $$ = none; }
    | statements error RESYNC { yyerrok; $$ = $1; }
    ;
stray_statement: LATER        { bf_lexer_unexpected(lx); YYERROR; }
    ;
statement:
    /* at 2025-09-29 10:00; 于2025年9月29日10:00 */
      at_word DATE            { $$ = said(lx, $1, node2(lx, S_AT, @$, $2, nil)); }
    | at_word DATE TIME       { $$ = said(lx, $1, node2(lx, S_AT, @$, $2, $3)); }
    /* wait 6 working days; 经过6个工作日; 6个工作日后 */
    | WAIT PERIOD             { $$ = said(lx, $1, node1(lx, S_WAIT, @$, $2)); }
    | PERIOD DAY_AFTER        { $$ = said(lx, $2, node1(lx, S_WAIT, @$, $1)); }
    /* assume completion_allowed = yes */
    | ASSUME name '=' value   { $$ = said(lx, $1, node2(lx, S_ASSUME, @$, $2, $4)); }
    /* put catalogue Resource(code: "R1") */
    | PUT name sum            { $$ = said(lx, $1, node2(lx, S_PUT, @$, $2, $3)); }
    | TAKE sum INTO_REGISTER name { $$ = said(lx, $1, node2(lx, S_PUT, @$, $4, $2)); }
    /* let c = civil opens share_request(resource: r) */
    | LET name '=' value      { $$ = said(lx, $1, node2(lx, LET, @$, $2, $4)); }
    | LET name '=' act        { $$ = said(lx, $1, node2(lx, LET, @$, $2, $4)); }
    | act
    /* expect c.answer.due = 2025-10-13 */
    | EXPECT cond             { $$ = said(lx, $1, node1(lx, S_EXPECT, @$, $2)); }
    /* expect not permitted: civil does approve to c */
    | EXPECT refusal ':' act  { $$ = said(lx, $1, refused(@$, $2, $4)); }
    ;
at_word: AT | AT_ZH
    ;
refusal: FORBIDDEN            { $$ = op(node0(lx, S_REFUSED, @$), BF_REFUSAL_FORBIDDEN); }
    | NOT PERMITTED           { $$ = op(node0(lx, S_REFUSED, @$), BF_REFUSAL_NOT_PERMITTED); }
    | NOT_PERMITTED           { $$ = op(node0(lx, S_REFUSED, @$), BF_REFUSAL_NOT_PERMITTED); }
    | NOT YET                 { $$ = op(node0(lx, S_REFUSED, @$), BF_REFUSAL_NOT_YET); }
    | NOT_YET                 { $$ = op(node0(lx, S_REFUSED, @$), BF_REFUSAL_NOT_YET); }
    | TOO LATE                { $$ = op(node0(lx, S_REFUSED, @$), BF_REFUSAL_TOO_LATE); }
    | TOO_LATE                { $$ = op(node0(lx, S_REFUSED, @$), BF_REFUSAL_TOO_LATE); }
    | REFUSED                 { $$ = op(node0(lx, S_REFUSED, @$), BF_REFUSAL_REFUSED); }
    ;
act: deed
    | succession
    | deed persons            { $$ = by(@$, $1, $2); }
    ;
/* Who is behind it: by ann; by ann, deputy of bob; , entered by ann; ，经办人 ann，代理 bob；，录入人 ann */
persons:
      BY path                 { $$ = node3(lx, PERSONS, @$, $2, nil, nil); }
    | ',' HANDLER path        { $$ = node3(lx, PERSONS, @$, $3, nil, nil); }
    | BY path ',' DEPUTY OF path { $$ = node3(lx, PERSONS, @$, $2, $6, nil); }
    | ',' HANDLER path ',' DEPUTY path { $$ = node3(lx, PERSONS, @$, $3, $6, nil); }
    | ',' ENTERED BY path     { $$ = node3(lx, PERSONS, @$, nil, nil, $4); }
    | ',' ENTERED path        { $$ = node3(lx, PERSONS, @$, nil, nil, $3); }
    ;
deed:
    /* civil opens share_request(resource: r); 市民政局 提起 共享申请（…） */
      path OPENS name args0   { $$ = said(lx, $2, node3(lx, OPENS, @$, $1, $3, $4.first)); }
    /* police does ask(missing: "法律依据") to c; 市公安局 对 该申请 作出 要求补正（…） */
    | path DOES name args0    { $$ = said(lx, $2, node3(lx, DOES, @$, $1, $3, $4.first)); }
    | path DOES name args0 TO path { $$ = said(lx, $2, node4(lx, DOES, @$, $1, $3, $4.first, $6)); }
    | path UPON path DOES name args0 { $$ = said(lx, $2, node4(lx, DOES, @$, $1, $5, $6.first, $3)); }
    /* authority reports functions_changed(dept: police); 市主管部门 通报 职能变化（…） */
    | path REPORTS name args0 { $$ = said(lx, $2, node3(lx, REPORTS, @$, $1, $3, $4.first)); }
    ;
succession:
    /* bureau succeeds old_office because "No. 3"; 数据局、网信办 承继 大数据办; none succeeds old_office */
      successors SUCCEEDS path because0
                              { $$ = said(lx, $2, node4(lx, SUCCEEDS, @$, $1, $3, $4, nil)); }
    /* … in one case; 数据局 对 该申请 承继 大数据办 */
    | successors SUCCEEDS path IN path because0
                              { $$ = said(lx, $2, node4(lx, SUCCEEDS, @$, $1, $3, $6, $5)); }
    | path UPON path SUCCEEDS path because0
                              { $$ = said(lx, $4, node4(lx, SUCCEEDS, @$, node1(lx, LIST, @1, $1), $5, $6, $3)); }
    ;
successors: paths             { $$ = node1(lx, LIST, @$, $1.first); }
    | NONE                    { $$ = node1(lx, LIST, @$, nil); }
    ;
paths: path                   { $$ = list(lx, $1); }
    | paths ',' path          { $$ = append(lx, $1, $3); }
    ;

/* ---- expressions ---- */

/* a and b and c; a or b. Mixed, they are reported with both readings. */
cond: chain                   { $$ = chain_end($1); }
    ;
chain: unary
    | chain AND unary         { $$ = joined(lx, @$, $1, @2, AND, $3); }
    | chain OR unary          { $$ = joined(lx, @$, $1, @2, OR, $3); }
    ;
/* not proof; 非 已有证明 */
unary: comparison
    | NOT unary               { $$ = unary(lx, NOT, @$, $2); }
    /* all confirm is agree; any confirm is lapsed; 全部 确认 均为 认可; 任一 确认 为 异议 */
    | ALL comparison          { $$ = op(unary(lx, OVER, @$, $2), BF_OVER_ALL); }
    | ANY comparison          { $$ = op(unary(lx, OVER, @$, $2), BF_OVER_ANY); }
    | ANY_ONE comparison      { $$ = op(unary(lx, OVER, @$, $2), BF_OVER_ANY); }
    ;
comparison: sum
    /* items > 0; 期限 不超过 … */
    | sum compare sum         { $$ = op(binary(lx, COMPARE, @$, $1, $3), $2); }
    /* r.declared is withheld; 答复 为 进行中; 是 */
    | sum copula sum          { $$ = binary(lx, IS, @$, $1, $3); }
    | sum copula STATUS       { $$ = binary(lx, IS, @$, $1, status(lx, @3, $3)); }
    | sum IS NOT sum          { $$ = flag(binary(lx, IS, @$, $1, $4), BF_F_NOT); }
    | sum IS NOT STATUS       { $$ = flag(binary(lx, IS, @$, $1, status(lx, @4, $4)), BF_F_NOT); }
    | sum IS_NOT sum          { $$ = flag(binary(lx, IS, @$, $1, $3), BF_F_NOT); }
    | sum IS_NOT STATUS       { $$ = flag(binary(lx, IS, @$, $1, status(lx, @3, $3)), BF_F_NOT); }
    /* 答复 已逾期 */
    | sum STATUS              { $$ = binary(lx, IS, @$, $1, status(lx, @2, $2)); }
    /* 为 60 以上 */
    | sum copula sum ABOVE    { $$ = op(binary(lx, COMPARE, @$, $1, $3), BF_GE); }
    | sum copula sum BELOW    { $$ = op(binary(lx, COMPARE, @$, $1, $3), BF_LE); }
    /* r.legal_basis is present; 该资源的依据 已提供 */
    | sum IS PRESENT          { $$ = unary(lx, PRESENT, @$, $1); }
    | sum IS ABSENT           { $$ = flag(unary(lx, PRESENT, @$, $1), BF_F_NOT); }
    | sum IS NOT PRESENT      { $$ = flag(unary(lx, PRESENT, @$, $1), BF_F_NOT); }
    | sum IS NOT ABSENT       { $$ = unary(lx, PRESENT, @$, $1); }
    | sum PRESENT             { $$ = unary(lx, PRESENT, @$, $1); }
    | sum ABSENT              { $$ = flag(unary(lx, PRESENT, @$, $1), BF_F_NOT); }
    /* c has unanswered; c has no unanswered */
    | sum HAS name            { $$ = binary(lx, HAS, @$, $1, $3); }
    | sum HAS NO name         { $$ = flag(binary(lx, HAS, @$, $1, $4), BF_F_NOT); }
    | sum HAS_NOT name        { $$ = flag(binary(lx, HAS, @$, $1, $3), BF_F_NOT); }
    /* c in reply; c not in reply */
    | sum IN name             { $$ = binary(lx, IN, @$, $1, $3); }
    | sum NOT_IN name         { $$ = flag(binary(lx, IN, @$, $1, $3), BF_F_NOT); }
    ;
copula: IS | SHI
    ;
compare: '='                  { $$ = BF_EQ; }
    | NE                      { $$ = BF_NE; }
    | LT                     { $$ = BF_LT; }
    | LE                      { $$ = BF_LE; }
    | AT_MOST                 { $$ = BF_LE; }
    | GT                     { $$ = BF_GT; }
    | GE                      { $$ = BF_GE; }
    ;
sum: primary
    | sum '+' primary         { $$ = binary(lx, ADD, @$, $1, $3); }
    | sum '-' primary         { $$ = binary(lx, SUB, @$, $1, $3); }
    /* 60 working days after today; 今日 之后60个工作日 */
    | primary AFTER primary   { $$ = binary(lx, AFTER, @$, $1, $3); }
    | primary BEFORE primary  { $$ = binary(lx, BEFORE, @$, $1, $3); }
    | primary AFTER_ZH primary { $$ = binary(lx, AFTER, @$, $3, $1); }
    | primary BEFORE_ZH primary { $$ = binary(lx, BEFORE, @$, $3, $1); }
    ;
primary: path
    | other
    ;
other: STRING | INT | DECIMAL | DATE | PERIOD
    | '-' INT                 { $$ = negative(@$, $2); }
    | '-' DECIMAL             { $$ = negative(@$, $2); }
    | YES                     { $$ = number(node0(lx, BOOL, @$), 1); }
    | SHI                     { $$ = number(node0(lx, BOOL, @$), 1); }
    | NO                      { $$ = number(node0(lx, BOOL, @$), 0); }
    | NONE                    { $$ = node0(lx, NONE, @$); }
    | '[' ']'                 { $$ = node1(lx, LIST, @$, nil); }
    | '[' exprs ']'           { $$ = deep(lx, node1(lx, LIST, @$, $2.first), $2); }
    | '(' cond ')'            { $$ = parenthesised(@$, $2); }
    /* sharing_class(resource); Grant(requester: requester) */
    | name '(' ')'            { $$ = node2(lx, CALL, @$, $1, nil); }
    | name '(' args ')'       { $$ = deep(lx, node2(lx, CALL, @$, $1, $3.first), $3); }
    /* catalogue[code], catalogue[code].provider */
    | name '[' exprs ']'      { $$ = deep(lx, node2(lx, INDEX, @$, $1, $3.first), $3); }
    /* c.confirm[dept_a], 该核查的确认［甲部门］ */
    | path DOT name '[' exprs ']' { $$ = deep(lx, node2(lx, INDEX, @$, binary(lx, DOT, @$, $1, $3), $5.first), $5); }
    | other DOT name          { $$ = binary(lx, DOT, @$, $1, $3); }
    ;
exprs: cond                   { $$ = list(lx, $1); }
    | exprs ',' cond          { $$ = append(lx, $1, $3); }
    ;
args0: %empty                 { $$ = none; }
    | '(' ')'                 { $$ = none; }
    | '(' args ')'            { $$ = $2; }
    ;
args: arg                     { $$ = list(lx, $1); }
    | args ',' arg            { $$ = append(lx, $1, $3); }
    ;
/* resource: r */
arg: cond                     { $$ = node2(lx, ARG, @$, nil, $1); }
    | name ':' cond           { $$ = node2(lx, ARG, @$, $1, $3); }
    ;

%%

/* Called by bison itself only when its stack is full. */
static void yyerror(const struct bf_range *at, struct bf_lexer *lx, const char *what) {
    (void)what;
    bf_lexer_too_deep(lx, *at);
}

/* Tells of a mistake, with what could have stood there: words that are names too count as a name. */
static int yyreport_syntax_error(const yypcontext_t *context, struct bf_lexer *lx) {
    yysymbol_kind_t symbol[YYNTOKENS];
    bool expected[YYNTOKENS] = {false};
    struct bf_expected e = {.count = 0};
    int n = bf_lexer_wants_expected(lx) ? yypcontext_expected_tokens(context, symbol, YYNTOKENS) : 0;
    for (int i = 0; i < n; i++)
        expected[symbol[i]] = true;
    e.named = expected[YYSYMBOL_NAME];
    for (int token = 1; token < BF_TOKEN_END; token++) {
        yysymbol_kind_t kind = YYTRANSLATE(token);
        if (!expected[kind] || kind == YYSYMBOL_LATER || kind == YYSYMBOL_RESYNC) continue;
        if (kind == YYSYMBOL_EACH_ZH || kind == YYSYMBOL_ANY_OF) continue; /* possible behind every name, hardly ever meant */
        if (e.named && bf_token_soft(token)) continue;
        if (e.count < BF_EXPECTED_MAX) e.token[e.count] = token;
        e.count++;
        expected[kind] = false;
    }
    if (e.count > BF_EXPECTED_MAX) e.count = 0;
    bf_lexer_syntax_error(lx, *yypcontext_location(context), &e);
    return 0;
}
