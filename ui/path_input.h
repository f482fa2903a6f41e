/* Completion of a path of a recording that is being typed. Looks into the file system, nothing
 * else; one thread. */
#ifndef PS_UI_PATH_INPUT_H
#define PS_UI_PATH_INPUT_H

#include <stdbool.h>
#include <stddef.h>

/* Go on with `text` (of `size` bytes) as far as all names agree that begin so: folders, and files
 * that end with `suffix`. `others` gets the names that are possible then, with two spaces between
 * them, if there is more than one. Returns how many there are. */
unsigned ps_path_complete(char *text, size_t size, const char *suffix, char *others,
                          size_t others_size);

/* The name of the newest file with that ending in the working folder; false: there is none. */
bool ps_path_newest(char *into, size_t size, const char *suffix);

#endif
