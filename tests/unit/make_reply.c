/* make_reply: see make_image.h. */
#include "tests/unit/make_image.h"

/* A reply within five working days, extendable once; the assumption opens a complaint; a violation
** when late. Data: 0 applicant, 1 provider, 2 note (kept, Int). Acts: 0 approve, 1 extend, 2 complain.
** States: 0 waiting, 1 done. */
void mk_reply_policy(struct mk *k, struct bf_arena *a, uint32_t line) {
    struct bf_build *b = &k->b;
    mk_init(k);
    b->policy.name = mk_str(k, "reply");
    *bf_build_at_place(b, k->src) = (struct bf_i_place){0, line};
    uint32_t yes = bf_build_const(b, BF_K_BOOL, 0, 1);
    bf_build_add_assume(b, (struct bf_i_assume){mk_str(k, "open"), 0, MK_BOOL, yes, 0, k->src});
    bf_build_add_office(b, (struct bf_i_office){mk_str(k, "head"), 0, MK_DEPARTMENT, k->src});
    bf_build_add_violation(b, (struct bf_i_violation){mk_str(k, "late"), 0, k->src});
    static const char *const names[] = {"applicant", "provider", "note"};
    for (uint32_t i = 0; i < 3; i++)
        bf_build_add_data(b,
                          (struct bf_i_data){mk_str(k, names[i]), 0, i < 2 ? MK_DEPARTMENT : MK_INT,
                                             i < 2 ? BF_DATA_PARTY : BF_DATA_KEEP,
                                             i < 2 ? BF_NONE : mk_code(k, "CONST 0; RETURN"), 0});
    bf_build_add_start(b, (struct bf_i_start){.event = BF_NONE,
                                              .actors = mk_actor(k, "DATA 0; RETURN"),
                                              .src = k->src});
    bf_build_add_state(
        b, (struct bf_i_state){.name = mk_str(k, "waiting"), .enter = BF_NONE, .src = k->src});
    bf_build_add_state(
        b, (struct bf_i_state){
               .name = mk_str(k, "done"), .is_end = 1, .enter = BF_NONE, .src = k->src});
    static const char *const reason[] = {"reason"}, *const by[] = {"by"};
    static const uint32_t text[] = {MK_TEXT_OR_NONE}, days[] = {MK_WORKING_DAYS};
    bf_build_add_act(
        b,
        (struct bf_i_act){mk_str(k, "approve"), 0, mk_fields(k, 1, reason, text), {0, 0}, BF_NONE});
    bf_build_add_act(
        b, (struct bf_i_act){mk_str(k, "extend_answer"), 0, mk_fields(k, 1, by, days), {0, 0}, 0});
    bf_build_add_act(b, (struct bf_i_act){mk_str(k, "complain"), 0, {0, 0}, {0, 0}, BF_NONE});
    struct bf_i_duty d = mk_duty(k);
    d.name = mk_str(k, "answer");
    d.state = 0;
    d.bearer = mk_code(k, "DATA 1; RETURN");
    d.limit = BF_I_LIMIT_WITHIN;
    d.limit_code = mk_code(k, "CONST 5 working_days; RETURN");
    d.from = BF_FROM_START;
    d.otherwise = BF_OTHERWISE_STAYS;
    d.effects = mk_code(k, "DATA 1; VIOLATE 0; CONST 1; SET 2; DONE");
    bf_build_add_duty(b, d);
    struct bf_i_offer o = mk_offer(k);
    o.kind = BF_OFFER_DUTY;
    o.act = 0;
    o.actors = mk_actor(k, "DATA 1; RETURN");
    o.state = 0;
    o.duty = 0;
    o.target = 1;
    o.effects = mk_code(k, "DATA 0; ARG 0; NOTIFY; DONE");
    bf_build_add_offer(b, o);
    o = mk_offer(k);
    o.kind = BF_OFFER_EXTEND;
    o.act = 1;
    o.actors = mk_actor(k, "DATA 1; RETURN");
    o.state = 0;
    o.times = 1;
    o.duty = 0;
    o.at_most = mk_code(k, "CONST 10 working_days; RETURN");
    o.consents = mk_actor(k, "DATA 1; OFFICE_OF 0; RETURN");
    bf_build_add_offer(b, o);
    o = mk_offer(k);
    o.act = 2;
    o.actors = mk_actor(k, "DATA 0; RETURN");
    o.guard = mk_code(k, "ASSUME 0; AND end; STATUS_IS 0,6; end: RETURN");
    bf_build_add_offer(b, o);
    bf_build_add_proc(b, (struct bf_i_proc){.name = mk_str(k, "request"),
                                            .src = k->src,
                                            .data = {0, 3},
                                            .starts = {0, 1},
                                            .states = {0, 2},
                                            .acts = {0, 3},
                                            .offers = {0, 3},
                                            .duties = {0, 1}});
    mk_link(k, a, 0);
}

void mk_reply_scenario(struct mk *k) {
    struct bf_build *b = &k->b;
    bf_build_policy_ends(b);
    uint32_t first = bf_build_count_stmt(b);
    bf_build_add_stmt(b,
                      (struct bf_i_stmt){BF_S_AT, 20360, 36000, BF_NONE, BF_NONE, BF_NONE, k->src});
    uint32_t actor = mk_code(k, "CONST \"gaj\"; CONST \"police\"; CONST none; PARTY 13; RETURN");
    uint32_t args = mk_code(
        k,
        "CONST none; CONST \"p\"; CONST \"\"; CONST none; PARTY 13; CONST none; TUPLE 3; RETURN");
    bf_build_add_stmt(b, (struct bf_i_stmt){BF_S_OPEN, 0, actor, 0, args, BF_NONE, k->src});
    uint32_t expect = mk_code(k, "LOCAL 0; ENTER; IN_STATE 0; LEAVE; RETURN");
    bf_build_add_stmt(
        b, (struct bf_i_stmt){BF_S_EXPECT, expect, BF_NONE, BF_NONE, BF_NONE, BF_NONE, k->src});
    bf_build_add_scenario(b, (struct bf_i_scenario){mk_str(k, "one"), {first, 3}, 1, k->src});
}
