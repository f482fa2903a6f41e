/* Golden screens: text files beside the tests. With POOLSCOPE_GOLDEN=write in the environment they
 * are written instead of compared. */
#ifndef PS_TESTS_UI_GOLDEN_H
#define PS_TESTS_UI_GOLDEN_H

#include "ui/canvas.h"

/* Compare the canvas with tests/ui/golden/NAME.txt; fails the test at the first line that differs.
 */
void golden_check(const struct ps_canvas *canvas, const char *name);
/* The same with any text. */
void golden_check_text(const char *found, const char *name);

#endif
