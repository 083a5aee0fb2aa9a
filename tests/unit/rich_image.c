/* rich_image: see rich_image.h. In the language it would read, more or less:
**
**   party a, b : Department   given n : Int   keep count : Int = 0   keep notes : list of at most 3 Text = []
**   given changed : Date
**   starts by a   starts on violated(_, b)   require n < 100
**   a may withdraw -> closed       # everywhere
**   a must not withdraw unless n > 0     any Department must not turn_away(proof) unless proof otherwise violate turned
**   b must watch within 30 days from talks { }
**   state routing { when n > 10 -> talks   else -> reply }
**   state reply {
**     b must answer if n != 1 within 5 working days from start {
**       approve(conditions: Text?) with consent of b.head -> done { put grants … }
**       refuse(reason: Text) -> talks { notify a saying reason; set count = count + 1 }
**     } otherwise stays { violate late by b; notify a }
**     b may extend answer once by at most 10 working days with consent of b.head, a, reporting to council
**     b may ask twice within 10 days from start if open_asking -> supplement { add "asked" to notes }
**     a may escalate if answer is lapsed and count = 0 -> talks
**     b must react within 2 days from nudge { agree -> talks } otherwise deemed agree
**     a may nudge
**   }
**   state supplement { pauses answer, react if n != 2   a may supply -> back   lasts at most 20 working days … -> closed }
**   state talks {
**     a or b may settle with consent of a, b -> done     council may order(limit) if limit <= 20 days after today -> ordered
**     b may renew -> reply { restart answer; extend answer by 2 working days }
**     lasts at most talk_limit otherwise -> closed
**   }
**   state ordered { b must obeyed by order.limit { obey -> done { excuse late } } otherwise -> talks { violate late by b } }
**   end done { put grants … }   end closed
*/
#include "tests/unit/rich_image.h"

#include <stdio.h>

enum { A, B, N, COUNT, NOTES, CHANGED, DATA };
enum { LATE, TURNED };
enum { HEAD, COUNCIL };
enum { OPEN_ASKING, TALK_LIMIT };

static const char *const act_name[] = {"approve",  "refuse", "extend_answer", "ask",  "supply",
                                       "escalate", "settle", "order",         "obey", "turn_away",
                                       "withdraw", "agree",  "nudge",         "renew"};
static const char *const state_name[] = {"routing", "reply", "supplement", "talks",
                                         "ordered", "done",  "closed"};

static uint32_t grant(struct mk *k) {
    return mk_code(k, "CONST \"key\"; DATA 0; RECORD 0; PUT 0; DONE");
}

static void tables(struct mk *k) {
    struct bf_build *b = &k->b;
    static const char *const fields[] = {"code", "holder"};
    static const uint32_t types[] = {MK_TEXT, MK_DEPARTMENT};
    bf_build_add_record(
        b, (struct bf_i_record){mk_str(k, "Grant"), 0, mk_fields(k, 2, fields, types)});
    uint32_t key = bf_build_add_key(b, 0);
    bf_build_add_reg(b, (struct bf_i_register){mk_str(k, "grants"), 0, 0, {key, 1}, k->src, 0});
    bf_build_add_violation(b, (struct bf_i_violation){mk_str(k, "late"), 0, k->src});
    bf_build_add_violation(b, (struct bf_i_violation){mk_str(k, "turned"), 0, k->src});
    bf_build_add_office(b, (struct bf_i_office){mk_str(k, "head"), 0, MK_DEPARTMENT, k->src});
    bf_build_add_office(b, (struct bf_i_office){mk_str(k, "council"), 0, BF_NONE, k->src});
    bf_build_add_assume(b, (struct bf_i_assume){mk_str(k, "open_asking"), 0, MK_BOOL,
                                                bf_build_const(b, BF_K_BOOL, 0, 1), 0, k->src});
    uint32_t wd_or_none = mk_type(k, BF_K_PERIOD, BF_UNIT_WORKING_DAYS, true);
    bf_build_add_assume(b, (struct bf_i_assume){
                               mk_str(k, "talk_limit"), 0, wd_or_none,
                               bf_build_const(b, BF_K_PERIOD, BF_UNIT_WORKING_DAYS, 7), 0, k->src});
}

static void data(struct mk *k) {
    struct bf_build *b = &k->b;
    uint32_t notes = bf_build_add_type(b, (struct bf_i_type){BF_K_LIST, MK_TEXT, 0, 3});
    char empty[40];
    snprintf(empty, sizeof empty, "LIST 0,%u; RETURN", (unsigned)notes);
    const struct bf_i_data row[DATA] = {
        [A] = {mk_str(k, "a"), 0, MK_DEPARTMENT, BF_DATA_PARTY, BF_NONE, 0},
        [B] = {mk_str(k, "b"), 0, MK_DEPARTMENT, BF_DATA_PARTY, BF_NONE, 0},
        [N] = {mk_str(k, "n"), 0, MK_INT_OR_NONE, BF_DATA_GIVEN, BF_NONE, 0},
        [COUNT] = {mk_str(k, "count"), 0, MK_INT, BF_DATA_KEEP, mk_code(k, "CONST 0; RETURN"), 0},
        [NOTES] = {mk_str(k, "notes"), 0, notes, BF_DATA_KEEP, mk_code(k, empty), 0},
        [CHANGED] = {mk_str(k, "changed"), 0, MK_DATE, BF_DATA_GIVEN, BF_NONE, 1},
    };
    for (int i = 0; i < DATA; i++)
        bf_build_add_data(b, row[i]);
    bf_build_add_start(b, (struct bf_i_start){.event = BF_NONE,
                                              .actors = mk_actor(k, "DATA 0; RETURN"),
                                              .src = k->src});
    bf_build_add_require(b,
                         (struct bf_i_require){mk_code(k, "DATA 2; CONST 100; COMPARE 2; RETURN"),
                                               mk_str(k, "n is too large"), k->src});
}

static void states(struct mk *k) {
    struct bf_build *b = &k->b;
    uint32_t when =
        bf_build_add_when(b, (struct bf_i_when){mk_code(k, "DATA 2; CONST 10; COMPARE 4; RETURN"),
                                                RICH_TALKS, k->src});
    bf_build_add_when(b, (struct bf_i_when){BF_NONE, RICH_REPLY, k->src});
    uint32_t guard = mk_code(k, "DATA 2; CONST 2; COMPARE 1; RETURN");
    uint32_t guard2 = mk_code(k, "DATA 2; CONST 2; COMPARE 1; RETURN");
    uint32_t pause = bf_build_add_pause(b, (struct bf_i_pause){RICH_ANSWER, guard, k->src});
    bf_build_add_pause(b, (struct bf_i_pause){RICH_REACT, guard2, k->src});
    for (uint32_t i = 0; i <= RICH_CLOSED; i++) {
        struct bf_i_state s = {.name = mk_str(k, state_name[i]), .enter = BF_NONE, .src = k->src};
        s.is_end = i >= RICH_DONE;
        if (i == RICH_DONE)
            s.enter = grant(k);
        if (i == RICH_ROUTING)
            s.whens = mk_range(when, 2);
        if (i == RICH_SUPPLEMENT)
            s.pauses = mk_range(pause, 2);
        bf_build_add_state(b, s);
    }
}

static void acts(struct mk *k) {
    static const char *const conditions[] = {"conditions"}, *const reason[] = {"reason"},
                             *const by[] = {"by"}, *const limit[] = {"limit"},
                             *const proof[] = {"proof"};
    static const uint32_t text_or[] = {MK_TEXT_OR_NONE}, text[] = {MK_TEXT},
                          wd[] = {MK_WORKING_DAYS}, date[] = {MK_DATE}, yes[] = {MK_BOOL};
    for (uint32_t i = 0; i <= RICH_RENEW; i++) {
        struct bf_i_act act = {.name = mk_str(k, act_name[i]), .extends = BF_NONE};
        if (i == RICH_APPROVE)
            act.params = mk_fields(k, 1, conditions, text_or);
        if (i == RICH_REFUSE)
            act.params = mk_fields(k, 1, reason, text);
        if (i == RICH_ORDER)
            act.params = mk_fields(k, 1, limit, date);
        if (i == RICH_TURN_AWAY)
            act.params = mk_fields(k, 1, proof, yes);
        if (i == RICH_EXTEND) {
            act.params = mk_fields(k, 1, by, wd);
            act.extends = RICH_ANSWER;
        }
        bf_build_add_act(&k->b, act);
    }
}

static void duties(struct mk *k) {
    struct bf_i_duty d = mk_duty(k);
    d.name = mk_str(k, "answer");
    d.state = RICH_REPLY;
    d.bearer = mk_code(k, "DATA 1; RETURN");
    d.guard = mk_code(k, "DATA 2; CONST 1; COMPARE 1; RETURN");
    d.limit = BF_I_LIMIT_WITHIN;
    d.limit_code = mk_code(k, "CONST 5 working_days; RETURN");
    d.from = BF_FROM_START;
    d.otherwise = BF_OTHERWISE_STAYS;
    d.effects = mk_code(k, "DATA 1; VIOLATE 0; DATA 0; CONST none; NOTIFY; DONE");
    bf_build_add_duty(&k->b, d);
    d = mk_duty(k);
    d.state = RICH_SUPPLEMENT;
    d.limit = BF_I_LIMIT_WITHIN;
    d.limit_code = mk_code(k, "CONST 20 working_days; RETURN");
    d.otherwise = BF_OTHERWISE_GOTO;
    d.target = RICH_CLOSED;
    bf_build_add_duty(&k->b, d);
    d = mk_duty(k);
    d.state = RICH_TALKS;
    d.limit = BF_I_LIMIT_WITHIN;
    d.limit_code = mk_code(k, "ASSUME 1; RETURN");
    d.otherwise = BF_OTHERWISE_GOTO;
    d.target = RICH_CLOSED;
    bf_build_add_duty(&k->b, d);
    d = mk_duty(k);
    d.name = mk_str(k, "obeyed");
    d.state = RICH_ORDERED;
    d.bearer = mk_code(k, "DATA 1; RETURN");
    d.limit = BF_I_LIMIT_BY;
    d.limit_code = mk_code(k, "ACT_ARG 7,0; RETURN");
    d.otherwise = BF_OTHERWISE_GOTO;
    d.target = RICH_TALKS;
    d.effects = mk_code(k, "DATA 1; VIOLATE 0; DONE");
    bf_build_add_duty(&k->b, d);
    d = mk_duty(k);
    d.name = mk_str(k, "react");
    d.state = RICH_REPLY;
    d.bearer = mk_code(k, "DATA 1; RETURN");
    d.limit = BF_I_LIMIT_WITHIN;
    d.limit_code = mk_code(k, "CONST 2 days; RETURN");
    d.from = BF_FROM_ACT;
    d.from_ref = RICH_NUDGE;
    d.otherwise = BF_OTHERWISE_DEEMED;
    d.target = 3; /* the offer of agree */
    bf_build_add_duty(&k->b, d);
    d = mk_duty(k);
    d.name = mk_str(k, "watch");
    d.bearer = mk_code(k, "DATA 1; RETURN");
    d.limit = BF_I_LIMIT_WITHIN;
    d.limit_code = mk_code(k, "CONST 1 months; RETURN");
    d.from = BF_FROM_STATE;
    d.from_ref = RICH_TALKS;
    bf_build_add_duty(&k->b, d);
}

static struct bf_i_offer duty_act(struct mk *k, uint32_t duty, uint32_t state, uint32_t act,
                                  uint32_t target) {
    struct bf_i_offer o = mk_offer(k);
    o.kind = BF_OFFER_DUTY;
    o.act = act;
    o.actors = mk_actor(k, "DATA 1; RETURN");
    o.state = state;
    o.duty = duty;
    o.target = target;
    return o;
}

static struct bf_i_offer may(struct mk *k, const char *who, uint32_t state, uint32_t act,
                             uint32_t target) {
    struct bf_i_offer o = mk_offer(k);
    o.act = act;
    o.actors = mk_actor(k, who);
    o.state = state;
    o.target = target;
    return o;
}

static struct bf_i_range two_actors(struct mk *k, const char *x, const char *y) {
    struct bf_i_range first = mk_actor(k, x);
    mk_actor(k, y);
    return mk_range(first.first, 2);
}

static void duty_offers(struct mk *k) {
    struct bf_build *b = &k->b;
    struct bf_i_offer o = duty_act(k, RICH_ANSWER, RICH_REPLY, RICH_APPROVE, RICH_DONE);
    o.consents = mk_actor(k, "DATA 1; OFFICE_OF 0; RETURN");
    bf_build_add_offer(b, o);
    o = duty_act(k, RICH_ANSWER, RICH_REPLY, RICH_REFUSE, RICH_TALKS);
    o.effects = mk_code(k, "DATA 0; ARG 0; NOTIFY; DATA 3; CONST 1; ADD; SET 3; DONE");
    bf_build_add_offer(b, o);
    o = mk_offer(k);
    o.kind = BF_OFFER_EXTEND;
    o.act = RICH_EXTEND;
    o.actors = mk_actor(k, "DATA 1; RETURN");
    o.state = RICH_REPLY;
    o.times = 1;
    o.duty = RICH_ANSWER;
    o.at_most = mk_code(k, "CONST 10 working_days; RETURN");
    o.consents = two_actors(k, "DATA 1; OFFICE_OF 0; RETURN", "DATA 0; RETURN");
    o.report = mk_code(k, "OFFICE 1; RETURN");
    bf_build_add_offer(b, o);
    bf_build_add_offer(b, duty_act(k, RICH_REACT, RICH_REPLY, RICH_AGREE, RICH_TALKS));
    o = duty_act(k, RICH_OBEYED, RICH_ORDERED, RICH_OBEY, RICH_DONE);
    o.effects = mk_code(k, "VIOLATION 0; EXCUSE; DONE");
    bf_build_add_offer(b, o);
}

static void permissions(struct mk *k) {
    struct bf_build *b = &k->b;
    struct bf_i_offer o = may(k, "DATA 1; RETURN", RICH_REPLY, RICH_ASK, RICH_SUPPLEMENT);
    o.times = 2;
    o.guard = mk_code(k, "ASSUME 0; RETURN");
    o.window = BF_WINDOW_WITHIN;
    o.window_code = mk_code(k, "CONST 10 days; RETURN");
    o.from = BF_FROM_START;
    o.effects = mk_code(k, "CONST \"asked\"; ADD_TO 4; DONE");
    bf_build_add_offer(b, o);
    bf_build_add_offer(b, may(k, "DATA 0; RETURN", RICH_SUPPLEMENT, RICH_SUPPLY, BF_BACK));
    o = may(k, "DATA 0; RETURN", RICH_REPLY, RICH_ESCALATE, RICH_TALKS);
    o.guard = mk_code(k, "STATUS_IS 0,6; AND end; DATA 3; CONST 0; COMPARE 0; end: RETURN");
    bf_build_add_offer(b, o);
    o = mk_offer(k);
    o.act = RICH_SETTLE;
    o.state = RICH_TALKS;
    o.target = RICH_DONE;
    o.actors = two_actors(k, "DATA 0; RETURN", "DATA 1; RETURN");
    o.consents = two_actors(k, "DATA 0; RETURN", "DATA 1; RETURN");
    bf_build_add_offer(b, o);
    o = may(k, "OFFICE 1; RETURN", RICH_TALKS, RICH_ORDER, RICH_ORDERED);
    o.guard = mk_code(k, "ARG 0; CONST 20 days; TODAY; AFTER; COMPARE 3; RETURN");
    bf_build_add_offer(b, o);
    o = may(k, "DATA 1; RETURN", RICH_TALKS, RICH_RENEW, RICH_REPLY);
    o.effects = mk_code(k, "RESTART 0; CONST 2 working_days; EXTEND_BY 0; DONE");
    bf_build_add_offer(b, o);
    bf_build_add_offer(b, may(k, "DATA 0; RETURN", BF_NONE, RICH_WITHDRAW, RICH_CLOSED));
    bf_build_add_offer(b, may(k, "DATA 0; RETURN", RICH_REPLY, RICH_NUDGE, BF_NONE));
}

static void bans(struct mk *k) {
    struct bf_i_ban ban = {.act = RICH_WITHDRAW,
                           .subject = {0, mk_code(k, "DATA 0; RETURN")},
                           .state = BF_NONE,
                           .unless = mk_code(k, "DATA 2; CONST 0; COMPARE 4; RETURN"),
                           .violation = LATE,
                           .src = k->src};
    bf_build_add_ban(&k->b, ban);
    ban = (struct bf_i_ban){.act = RICH_TURN_AWAY,
                            .subject = {1, MK_DEPARTMENT},
                            .state = RICH_REPLY,
                            .unless = mk_code(k, "ARG 0; RETURN"),
                            .violation = TURNED,
                            .src = k->src};
    bf_build_add_ban(&k->b, ban);
}

void rich_build(struct mk *k, struct bf_arena *a) {
    mk_init(k);
    k->b.policy.name = mk_str(k, "rich");
    tables(k);
    data(k);
    states(k);
    acts(k);
    duties(k);
    duty_offers(k);
    permissions(k);
    bans(k);
    bf_build_add_proc(&k->b, (struct bf_i_proc){.name = mk_str(k, "rich"),
                                                .src = k->src,
                                                .data = {0, DATA},
                                                .starts = {0, 1},
                                                .requires = {0, 1},
                                                .states = {0, RICH_CLOSED + 1},
                                                .acts = {0, RICH_RENEW + 1},
                                                .offers = {0, bf_build_count_offer(&k->b)},
                                                .duties = {0, RICH_WATCH + 1},
                                                .bans = {0, 2}});
    mk_link(k, a, 0);
    bf_build_add_measure(
        &k->b, (struct bf_i_measure){.name = mk_str(k, "met"),
                                     .counted = {0, mk_code(k, "STATUS_IS 0,4; RETURN"), 0},
                                     .over = {0, BF_NONE, 1},
                                     .src = k->src});
}

struct bf_image *rich_image(struct bf_arena *a) {
    struct mk k;
    rich_build(&k, a);
    return mk_load(&k, a);
}
