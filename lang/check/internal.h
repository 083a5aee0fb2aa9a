/* What the parts of the checker share. bf_check calls them in this order; each reports what it finds.
**
**   bf_resolve         every declaration gets its symbol (resolve.c)
**   bf_check_types     every name its meaning, every expression its type (types.c)
**   bf_check_flow      states, duties, moves (flow.c)
**   bf_check_tables    decisions: overlap, gap, dead rule (tables.c)
**   bf_check_coverage  paragraphs neither encoded nor noted (coverage.c)
**   bf_check_base      the text that the policy amends, for itself (base.c)
**
** Flow, tables and coverage see the whole program, but must leave out what is broken (bf_sym.broken of a
** procedure or a decision): there names may mean nothing and types be missing.
*/
#ifndef BF_CHECK_INTERNAL_H
#define BF_CHECK_INTERNAL_H

#include "lang/check/amend.h"
#include "lang/check/program.h"

void bf_resolve(struct bf_program *p);
void bf_check_types(struct bf_program *p);
void bf_check_flow(struct bf_program *p);
void bf_check_tables(struct bf_program *p);
void bf_check_coverage(struct bf_program *p);
void bf_check_base(struct bf_program *p);

#endif
