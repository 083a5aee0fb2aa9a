/* The parts of the API on cases, shared by its files (api_cases.c, api_timeline.c, api_work.c, api_decide.c,
** api_actor.c, api_look.c, api_json.c, api_admin.c, api_directory.c, api_migrate.c, events.c, problem.c) and by nothing else. */
#ifndef BF_API_PARTS_H
#define BF_API_PARTS_H

#include "engine/core/sealed.h"
#include "engine/service/api.h"
#include "engine/sim/json_value.h"
#include "engine/sim/words.h"

/* ---- looking at a case (api_look.c) ---- */
/* What a look shows. Everything it makes is in the scratch arena, but for `out`, which the look keeps. */
struct bf_shown {
    struct bf_call *call;
    const struct bf_view *view;
    const struct bf_world *world; /* the view's, watched for rows it has to wait for */
    const struct bf_image *image;
    struct bf_words words;
    struct bf_unsealed unsealed; /* what the caller may read of sealed data */
};
struct bf_api_look {
    struct bf_call *call;
    uint64_t number;                       /* 0: only the world of the policy */
    const struct bf_engine_policy *policy; /* number 0 */
    bool unseen_too; /* do not answer 404 where the caller may not see the case: hidden says so */
    void (*show)(struct bf_api_look *l, const struct bf_shown *s, struct bf_buf *out);
    void (*then)(struct bf_api_look *l); /* what was shown is durable; within bf_call_run */
    void *own;
    /* out */
    bf_str text; /* what show wrote; in the call's arena */
    uint64_t seq;
    bool hidden, missing, failed;
};
/* Answers the call itself where there is no such case, memory or disk. unseen_too: no case is told as `missing`. */
void bf_api_look(struct bf_api_look *l);

/* Departments of the case that are no more, each with those of whom one is to take its place (none: any may). */
void bf_api_gone_json(const struct bf_shown *s, struct bf_buf *out);

/* ---- who (api_actor.c) ---- */
struct bf_mine {
    const struct bf_role {
        struct bf_value party;       /* a department, an office, the person */
        const struct bf_persons *by; /* he for it */
    } * role;
    uint32_t count;
};
struct bf_mine bf_api_mine(struct bf_call *c, const struct bf_image *m, struct bf_arena *a);
/* A capacity of a person as a role. False: it is none under the image. */
bool bf_api_role(struct bf_call *c, const struct bf_image *m, bf_str person,
                 const struct bf_capacity *k, struct bf_arena *a, struct bf_role *role);
/* Is a choice one of his? By which role (the first by which it is open to him, his own before those of a deputy); NULL: none.
** Where another person of the party would have to do it, the choice says so from then on. */
const struct bf_role *bf_api_is_mine(const struct bf_image *m, const struct bf_case *of,
                                     const struct bf_mine *mine, struct bf_choice *c);
/* Reads values that a caller sends: departments are those of the directory, by their code; name and level are the
** directory's, and what else is said of them is refused. A person that it has is called as it says. `error` gets what is
** wrong. */
struct bf_json_read bf_api_reader(struct bf_call *c, const struct bf_image *m, struct bf_arena *a,
                                  struct bf_buf *error);
/* A level as the directory has it, by the name that values bear (and label; "" for none), where the active policies that
** know it agree; else as it is written. */
struct bf_level {
    bf_str code, label;
};
struct bf_level bf_api_level(const struct bf_service *s, bf_str level);
/* Does any member of an object bear a name that is none of a NULL-terminated list? Then answers 422. */
bool bf_api_strangers(struct bf_call *c, json_t *object, const char *const *known);

/* ---- in JSON (api_json.c) ---- */
/* As much of a text as fits, whole characters and a NUL. */
void bf_api_fit(char *out, size_t size, bf_str text);
/* {"last":DAY,"provisional":BOOL,"until":INSTANT}, {"paused":true}, or null */
void bf_api_due_json(const struct bf_due *due, struct bf_buf *out);
void bf_api_choice_json(const struct bf_words *w, const struct bf_choice *c,
                        const struct bf_role *mine, struct bf_buf *out);
void bf_api_case_json(const struct bf_shown *s, struct bf_buf *out);
void bf_api_duty_json(const struct bf_shown *s, uint32_t duty, const struct bf_case_member *whose,
                      struct bf_buf *out);
/* `"facts":[…]` (events.h) and what changed by them: `,"duties":[…],"state":…` */
void bf_api_facts_json(const struct bf_image *m, const struct bf_fact *facts, uint32_t count,
                       struct bf_buf *out);
void bf_api_named(struct bf_buf *out, const struct bf_image *m, const char *key, uint32_t name,
                  uint32_t label); /* "key":NAME,"label":LABEL */
/* The policy an image belongs to, for its calendar. */
const struct bf_engine_policy *bf_api_policy_of(const struct bf_service *s,
                                                const struct bf_image *m);

/* ---- policies (api_admin.c) ---- */
/* A hash, or a name: the active one, else the one loaded last; or how the hash of one alone begins. NULL: answered. */
struct bf_policy_known *bf_api_policy_named(struct bf_call *c, bf_str wanted);

/* ---- refusals (problem.c) ---- */
/* Answers a refusal of the rules from its row alone, so that it is the same however often it is told. */
void bf_call_refused(struct bf_call *c, const struct bf_answer *a, const struct bf_event *e);
/* … is it one of somebody whom the case does not know? */
bool bf_api_refused_stranger(const struct bf_answer *a);

#endif
