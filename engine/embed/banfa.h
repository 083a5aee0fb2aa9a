/* banfa.h: the compiler and the step of Banfa as a library.
**
** A policy (a regulation written in the Banfa language) is compiled once and then says of each case what may be done,
** by whom, until when and by which article; what follows from an act; and what follows from silence.
**
** 1. The library has no clock, no thread, no global state and no file of its own: the caller says when an act was
**    done (seconds since 1970-01-01 UTC), keeps what is to be kept, and performs what an effect asks for.
** 2. Policies and calendars are immutable and counted: any number of threads may use one at once. A case and a
**    table belong to one thread at a time.
** 3. All structs are opaque. New versions add functions, columns and status numbers, and change none.
** 4. Texts are UTF-8. What goes in as JSON is read as docs/EMBEDDING.md says; NULL is the same as null or {}.
** 5. A pointer to const belongs to the library, for as long as its function says; what comes out through a `char **`
**    is the caller's and goes to banfa_free. Where an argument `message` is NULL, the text is not made.
**
** docs/EMBEDDING.md is the guide, examples/embed/ a program to begin with.
*/
#ifndef BANFA_H
#define BANFA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BANFA_API __attribute__((visibility("default")))
#else
#define BANFA_API
#endif

typedef struct banfa_policy banfa_policy;
typedef struct banfa_calendar banfa_calendar;
typedef struct banfa_case banfa_case;
typedef struct banfa_table banfa_table;

/* What most functions return. */
enum {
    BANFA_OK = 0,
    BANFA_REFUSED =
        1, /* the rules say no: banfa_case_message says why, BANFA_LAWFUL what may be done */
    BANFA_END = 2,      /* there is no such thing, or no more: no next lapse, no further child */
    BANFA_MISTAKES = 3, /* the policy has mistakes, which `message` tells */
    BANFA_ARGUMENT =
        4, /* the call itself is wrong: no such act, JSON of another type, a case not started */
    BANFA_FORMAT = 5, /* bytes that are not what they should be: an image, a calendar, a case */
    BANFA_IO = 6,     /* a file cannot be read */
    BANFA_LIMIT = 7,  /* a named limit was reached */
    BANFA_NOMEM = 8,
};

BANFA_API const char *banfa_version(void); /* "0.1.0" */
BANFA_API void banfa_free(void *p);        /* NULL is fine */

/* ---- policies ---- */
/* Compiles a folder or a file; or one source text, called NAME in messages. lang ("en", "zh"; NULL: as the
** environment says) is that of *message: mistakes and warnings, a few lines each, or NULL if there are none. */
BANFA_API int banfa_compile(const char *path, const char *lang, banfa_policy **policy,
                            char **message);
BANFA_API int banfa_compile_text(const char *name, const char *text, size_t len, const char *lang,
                                 banfa_policy **policy, char **message);
/* An image that banfa_policy_image or `banfa compile` gave; any bytes may be given, and are copied. */
BANFA_API int banfa_policy_load(const void *image, size_t len, banfa_policy **policy,
                                char **message);
/* These live as long as the policy. */
BANFA_API const void *banfa_policy_image(const banfa_policy *p, size_t *len);
BANFA_API const char *banfa_policy_version(const banfa_policy *p);  /* 64 hexadecimal digits */
BANFA_API const char *banfa_policy_calendar(const banfa_policy *p); /* "cn.workdays" */
BANFA_API banfa_policy *banfa_policy_retain(banfa_policy *p);       /* one owner more; returns p */
BANFA_API void banfa_policy_release(banfa_policy *p);               /* NULL is fine */

/* ---- calendars ---- */
/* One that came with Banfa (or stands in $BANFA_STDLIB), by name; or a calendar file's bytes, which are copied. */
BANFA_API int banfa_calendar_open(const char *name, banfa_calendar **calendar, char **message);
BANFA_API int banfa_calendar_load(const char *name, const void *bytes, size_t len,
                                  banfa_calendar **calendar, char **message);
BANFA_API banfa_calendar *banfa_calendar_retain(banfa_calendar *c);
BANFA_API void banfa_calendar_release(banfa_calendar *c);
/* "2025-09-29" or "2025-09-29 10:00[:00]" on the calendar's clock, as an instant. */
BANFA_API int banfa_calendar_instant(const banfa_calendar *c, const char *when, int64_t *at);

/* ---- cases ---- */
/* A case of a procedure that is not started yet. It keeps policy and calendar. number: the caller's, for telling
** cases apart in violations; not 0. */
BANFA_API int banfa_case_new(banfa_policy *policy, banfa_calendar *calendar, const char *procedure,
                             uint32_t number, banfa_case **c, char **message);
BANFA_API void banfa_case_free(banfa_case *c); /* NULL is fine */
/* The language of messages and explanations: "en" (at first) or "zh". */
BANFA_API int banfa_case_language(banfa_case *c, const char *lang);
/* Another value of an assumption than the policy's, for the start that follows. */
BANFA_API int banfa_case_assume(banfa_case *c, const char *name, const char *value);
/* How the rules read registers: the row of a register by its key, a JSON array, as a JSON object; NULL: there is none.
** The text must stand until the function is called again or the call that asked returns. Without it all registers are
** empty. */
typedef const char *banfa_row(void *ctx, const char *name, const char *key);
BANFA_API void banfa_case_registers(banfa_case *c, banfa_row *row, void *ctx);

/* The persons behind what parties do from now on: {"person":…,"principal":…,"clerk":…}, each a person or left out (who does
** it; whose deputy he is; who only enters a paper). NULL: nobody is known, as at first. `distinct from` compares them. */
BANFA_API int banfa_case_by(banfa_case *c, const char *persons);

/* Steps. Each first lets happen what was due by then, which stands even if the step is refused. `actor` is a party.
** BANFA_REFUSED leaves the case as it was but for that; any other failure, as it was. */
BANFA_API int banfa_case_open(banfa_case *c, const char *actor, const char *data, int64_t at);
BANFA_API int banfa_case_report(banfa_case *c, const char *event, const char *actor,
                                const char *args, int64_t at); /* start it on an event */
BANFA_API int banfa_case_act(banfa_case *c, const char *act, const char *actor, const char *args,
                             int64_t at);
/* What somebody else did and must not, told by `actor`. */
BANFA_API int banfa_case_told(banfa_case *c, const char *act, const char *actor, const char *who,
                              const char *args, int64_t at);
/* Consents (yes) to an act that was asked for, or declines it (0). */
BANFA_API int banfa_case_consent(banfa_case *c, const char *act, const char *actor, int yes,
                                 int64_t at);
BANFA_API int banfa_case_tick(banfa_case *c, int64_t at); /* lapses due by then, nothing else */
/* When the next limit passes, as far as is known; BANFA_END: none does by itself. */
BANFA_API int banfa_case_next_lapse(const banfa_case *c, int64_t *at);

/* What the last step brings about elsewhere: the i-th case (from 0) that it starts, BANFA_END if there is no such
** one, BANFA_REFUSED if the rules do not let it start (*child then tells why). It takes language, assumptions and
** registers of c. A violation that it strikes out in another case is struck out there by banfa_case_excuse. */
BANFA_API int banfa_case_child(banfa_case *c, unsigned i, uint32_t number, banfa_case **child);
BANFA_API int banfa_case_excuse(banfa_case *c, const banfa_case *by);
/* What c, which runs `other` or is run by it, must know of it now: that it has begun, how it ended, that it was left. One
** step each time: to be called until BANFA_END, after other's steps, and after banfa_case_child made it (or could not:
** BANFA_REFUSED). */
BANFA_API int banfa_case_hear(banfa_case *c, const banfa_case *other);

/* What the calendar starts (`starts every …`). The first instant after `after` at which it starts cases; BANFA_END: none is
** known. The i-th start (from 0) of that instant: which procedure, and of which register each row starts a case of its own,
** in the order of their keys; *reg NULL: one case. BANFA_END: no more. Both names live as long as the policy. */
BANFA_API int banfa_starts_next(const banfa_policy *p, const banfa_calendar *k, int64_t after,
                                int64_t *at);
BANFA_API int banfa_starts_at(const banfa_policy *p, const banfa_calendar *k, int64_t at,
                              unsigned i, const char **procedure, const char **reg);
/* Starts a new case of that procedure by the i-th start of the instant; row: the register's, as a JSON object, or NULL. */
BANFA_API int banfa_case_start(banfa_case *c, unsigned i, const char *row, int64_t at);

/* The state's name; NULL before the start. Until the next step. */
BANFA_API const char *banfa_case_state(const banfa_case *c);
BANFA_API int banfa_case_ended(const banfa_case *c); /* 1: it is at an end */
/* What the last step, or other call with this case, that did not return BANFA_OK has to say, in a sentence; until the
** next call. */
BANFA_API const char *banfa_case_message(const banfa_case *c);
/* How it stands at an instant, at length, for people: how it came there, duties with the days counted, what may be
** done next. */
BANFA_API int banfa_case_explain(banfa_case *c, int64_t at, char **text);

/* The whole case as one line of JSON, and a case from it (of the same policy version). */
BANFA_API int banfa_case_save(banfa_case *c, char **json);
BANFA_API int banfa_case_restore(banfa_policy *policy, banfa_calendar *calendar, const char *json,
                                 size_t len, banfa_case **c, char **message);
/* A fact that a step of this case told (BANFA_FACTS, column json). Applied in their order to a new case, they make
** the case again, and no rule runs. */
BANFA_API int banfa_case_apply(banfa_case *c, const char *fact, size_t len);

/* ---- tables ---- */
/* BANFA_OFFERS   what each party may or must do at an instant, and what only later: act label kind (act, consent)
**                open (open, later, guarded) why must asked actor until too_late provisional state after duty article
** BANFA_LAWFUL   the same, of whom the last step was refused to
** BANFA_DUTIES   those that were ever armed: duty label status bearer due too_late provisional article
** BANFA_FACTS    what the last step did: fact text article json
**
** A cell is text or NULL: nothing to say. Dates are YYYY-MM-DD, instants seconds, must, asked and provisional "yes";
** an article "15.1" or "15.1, 16", parties and facts JSON. `until` and `due` are the last day, `too_late` the first
** instant past it; of an offer that is open later, `until` is the day it opens. */
enum { BANFA_OFFERS, BANFA_LAWFUL, BANFA_DUTIES, BANFA_FACTS };
BANFA_API int banfa_case_table(banfa_case *c, int which, int64_t at, banfa_table **table);
BANFA_API size_t banfa_table_rows(const banfa_table *t);
BANFA_API const char *banfa_table_text(const banfa_table *t, size_t row, const char *column);
BANFA_API void banfa_table_free(banfa_table *t); /* NULL is fine */

#ifdef __cplusplus
}
#endif

#endif
