/* The oscilloscope's knobs on the live screen: time scale, cursor and marks, the legend as a filter,
 * panels, the still picture. Internal to ui/. */
#ifndef PS_UI_PROGRAM_SCOPE_H
#define PS_UI_PROGRAM_SCOPE_H

#include "ui/program.h"

/* False: not its business. */
bool ps_program_scope_action(struct ps_program *program, enum ps_action action, int argument);

/* A click on a graph or a lane. */
void ps_program_look_at(struct ps_program *program, enum ps_action action, int argument);
/* Let view.hover be what the pointer is over. Returns whether that changes what is seen. */
bool ps_program_hover(struct ps_program *program);

/* The menu of panels: what it does not share with other menus. False: it does. */
bool ps_program_panels_action(struct ps_program *program, enum ps_action action, int argument);

/* Esc: take cursor, marks or filter away, thaw what is frozen. False: there were none. */
bool ps_program_scope_back(struct ps_program *program);

/* Show what is now until it is thawed; the run and its history go on behind it. */
void ps_program_freeze(struct ps_program *program);
void ps_program_thaw(struct ps_program *program);

/* A new run: choices stay, cursor and marks go. */
void ps_program_scope_begin(struct ps_program *program);
void ps_program_scope_free(struct ps_program *program);

#endif
