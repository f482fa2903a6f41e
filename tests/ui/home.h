/* A home for tests of the whole program: a new folder, the current one and that of the settings, with
 * one lesson's text for the first preset of presets.h. */
#ifndef PS_TESTS_UI_HOME_H
#define PS_TESTS_UI_HOME_H

#include "presets.h"
#include "scene.h"

extern struct ps_library home_library;
extern struct scene *home_scene; /* eight workers that steal */

/* Group setup and teardown of cmocka return what these return. */
int home_make(const char *lesson);
int home_remove(void);

#endif
