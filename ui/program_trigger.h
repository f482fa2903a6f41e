/* The trigger of the live screen: its menu, its line of input, what it does. Internal to ui/. */
#ifndef PS_UI_PROGRAM_TRIGGER_H
#define PS_UI_PROGRAM_TRIGGER_H

#include "ui/program.h"

/* Key T. */
void ps_program_trigger_menu(struct ps_program *program);
/* Arm it; false: `why` says why not. */
bool ps_program_trigger_arm(struct ps_program *program, const char *condition, char *why,
                            size_t why_size);
void ps_program_trigger_off(struct ps_program *program);
/* A snapshot that the history has been fed with. */
void ps_program_trigger_feed(struct ps_program *program);
/* A run begins: a trigger that was armed will be armed again. A run ends. */
void ps_program_trigger_begin(struct ps_program *program);
void ps_program_trigger_end(struct ps_program *program);

#endif
