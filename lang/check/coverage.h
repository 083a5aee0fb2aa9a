/* Coverage: which paragraphs are encoded, noted or silent, and what an encoding assumes. */
#ifndef BF_COVERAGE_H
#define BF_COVERAGE_H

#include "lang/check/program.h"

/* Collects what notes cite (before the question below is asked). */
void bf_note_silences(struct bf_program *p);
/* Does a note cite what n (or outer, or the heading) cites? Then somebody knows that the text is
** silent there, and has written down why. */
bool bf_silence_declared(const struct bf_program *p, const struct bf_tree *t,
                         const struct bf_node *n, const struct bf_node *outer);

/* What the encoding declares, for `check --gaps`: every note (declared silence) and every assumption with its
** default, citation and reason. Text, or one JSON object a line. */
void bf_coverage_report(const struct bf_program *p, enum bf_lang lang, bool json,
                        struct bf_buf *out);

#endif
