# What `cmake --install` puts where: the program with its presets and manual, and the engines as a library that
# other programs link (`pkg-config poolscope`).

set(engine_objects $<TARGET_OBJECTS:ps_engines> $<TARGET_OBJECTS:ps_metrics> $<TARGET_OBJECTS:ps_base>)
add_library(poolscope_shared SHARED ${engine_objects})
add_library(poolscope_static STATIC ${engine_objects})
set_target_properties(poolscope_shared poolscope_static PROPERTIES OUTPUT_NAME poolscope LINKER_LANGUAGE C)
set_target_properties(poolscope_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_link_libraries(poolscope_shared PRIVATE ps_flags Threads::Threads PkgConfig::LIBUV m)

# The contract of engines and what its headers include.
set(public_headers
  engines/engine.h
  engines/fork.h
  engines/common/sync.h
  src/metrics/probe.h
  src/metrics/segment.h
  src/metrics/snapshot.h
  src/base/clock.h
  src/base/err.h
  src/base/hist.h)
foreach(header ${public_headers})
  string(REGEX REPLACE "^src/" "" as_included ${header})
  cmake_path(GET as_included PARENT_PATH folder)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/poolscope/${folder} COMPONENT development)
endforeach()

# The manual is the program's own account of its tables.
set(manual ${PROJECT_BINARY_DIR}/poolscope.1)
add_custom_command(OUTPUT ${manual} COMMAND poolscope manual > ${manual} DEPENDS poolscope VERBATIM)
add_custom_target(manual ALL DEPENDS ${manual})

# Relative to the .pc file, so that an installed tree can be moved.
file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/poolscope.pc.in ${PROJECT_BINARY_DIR}/poolscope.pc @ONLY)

install(TARGETS poolscope RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS poolscope_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(TARGETS poolscope_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(FILES ${PROJECT_BINARY_DIR}/poolscope.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(DIRECTORY presets DESTINATION ${CMAKE_INSTALL_DATADIR}/poolscope)
