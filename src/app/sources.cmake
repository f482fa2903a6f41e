# main.c belongs to the program, the rest to the library, which tests link too.
list(REMOVE_ITEM sources ${PROJECT_SOURCE_DIR}/src/app/main.c)
