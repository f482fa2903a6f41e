#include "home.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

struct ps_library home_library;
struct scene *home_scene;

static char folder[] = "/tmp/poolscope-home-XXXXXX", before[PATH_MAX];

int home_make(const char *lesson)
{
    assert_non_null(getcwd(before, sizeof before));
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(mkdir("presets", 0700), 0);
    FILE *to = fopen("presets/skew.md", "w");
    assert_non_null(to);
    fputs(lesson, to);
    assert_int_equal(fclose(to), 0);
    setenv("HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    setenv("XDG_STATE_HOME", folder, 1);
    presets_fill(&home_library);
    home_scene = scene_new(SCENE_STEAL, 8, 20);
    return 0;
}

int home_remove(void)
{
    char command[PATH_MAX];
    scene_free(home_scene);
    free(home_library.presets);
    assert_int_equal(chdir(before), 0);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}
