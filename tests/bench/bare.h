/* bare: the grammar with empty actions, under names of its own beside the real one; the lexer is the same. What
** compiling costs is measured against what reading costs at least. Each of the two sources compiles one of
** lang/syntax anew under these names. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#define BF_SYNTAX_BARE
#define bf_yyparse bench_bare_yyparse
#define bf_parse_file bench_bare_parse_file
#define bf_node_slab bench_bare_node_slab
#define bf_tree_heading bench_bare_tree_heading

#endif
