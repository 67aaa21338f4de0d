# Plants a bug: cmake -D ROOT=… -D BUG=<file below planted/> -D OUTPUT=… -P plant.cmake writes the
# product's file with the bug in it. The product itself has no switch for it.
#
# A bug's file names the product's file, and what stands there instead of what:
#   planted_file(stages/…) and then plant(<old> <new>), once for each place.
function(plant old new)
  string(FIND "${text}" "${old}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "${BUG}: ${PLANTED_FILE} has changed and no longer says\n${old}\n"
                        "Plant the same mistake into what stands there now.")
  endif()
  string(REPLACE "${old}" "${new}" text "${text}")
  set(text "${text}" PARENT_SCOPE)
endfunction()

macro(planted_file path)
  set(PLANTED_FILE ${path})
  file(READ "${ROOT}/${path}" text)
endmacro()

include("${BUG}")
file(WRITE "${OUTPUT}" "${text}")
