/* Golden screens: text files beside the tests, a folder for each program. With POOLSCOPE_GOLDEN=write in
 * the environment they are written instead of compared. At its end a program that compared one fails
 * when its folder holds a file that it did not look at. */
#ifndef PS_TESTS_UI_GOLDEN_H
#define PS_TESTS_UI_GOLDEN_H

#include "ui/canvas.h"

/* Compare the canvas with tests/ui/golden/PROGRAM/NAME.txt; fails the test at the first line that
 * differs, and where text was cut without an ellipsis. */
void golden_check(const struct ps_canvas *canvas, const char *name);
/* The same with any text. */
void golden_check_text(const char *found, const char *name);
/* Fails the test when the folder of a program holds files and the program is gone. */
void golden_check_folders(void);

#endif
