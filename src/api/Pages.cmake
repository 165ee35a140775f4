# The pages the agent serves, put into the program: a table in C++ and the bytes by .incbin.
set(UI ${CMAKE_SOURCE_DIR}/web/node_modules/swagger-ui-dist)
if(NOT EXISTS ${UI})
  find_program(NPM npm REQUIRED)
  execute_process(COMMAND ${NPM} --prefix ${CMAKE_SOURCE_DIR}/web ci
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/web COMMAND_ERROR_IS_FATAL ANY)
endif()

set(PAGES_TABLE ${CMAKE_CURRENT_BINARY_DIR}/pages_table.cc)
set(PAGES_BYTES ${CMAKE_CURRENT_BINARY_DIR}/pages_bytes.S)
set(PAGE_FILES)
set(PAGE_DECLARATIONS)
set(PAGE_ROWS)
set(PAGE_BYTES ".section .rodata\n")

function(mex_page path type file)
  list(LENGTH PAGE_FILES index)
  string(APPEND PAGE_DECLARATIONS
    "extern const char mex_page_${index}[];\nextern const char mex_page_${index}_end[];\n")
  string(APPEND PAGE_ROWS
    "    Page{\"${path}\", \"${type}\", bytes(mex_page_${index}, mex_page_${index}_end)},\n")
  string(APPEND PAGE_BYTES
    ".global mex_page_${index}\n.global mex_page_${index}_end\n"
    "mex_page_${index}:\n.incbin \"${file}\"\nmex_page_${index}_end:\n.byte 0\n")
  set(PAGE_FILES ${PAGE_FILES} ${file} PARENT_SCOPE)
  set(PAGE_DECLARATIONS "${PAGE_DECLARATIONS}" PARENT_SCOPE)
  set(PAGE_ROWS "${PAGE_ROWS}" PARENT_SCOPE)
  set(PAGE_BYTES "${PAGE_BYTES}" PARENT_SCOPE)
endfunction()

set(HTML "text/html\\; charset=utf-8")
set(CSS "text/css\\; charset=utf-8")
set(SCRIPT "text/javascript\\; charset=utf-8")
set(WEB ${CMAKE_SOURCE_DIR}/web/pages)
mex_page(/ "${HTML}" ${WEB}/landing.html)
mex_page(/landing.css "${CSS}" ${WEB}/landing.css)
mex_page(/docs "${HTML}" ${WEB}/docs.html)
mex_page(/docs/start.js "${SCRIPT}" ${WEB}/start.js)
mex_page(/docs/swagger-ui.css "${CSS}" ${UI}/swagger-ui.css)
mex_page(/docs/swagger-ui-bundle.js "${SCRIPT}" ${UI}/swagger-ui-bundle.js)
mex_page(/docs/favicon.png image/png ${UI}/favicon-32x32.png)
mex_page(/swagger.json application/json ${CMAKE_SOURCE_DIR}/api/mexosagent.swagger.json)

string(REPLACE "\\;" ";" PAGE_ROWS "${PAGE_ROWS}")
configure_file(pages_table.cc.in ${PAGES_TABLE} @ONLY)
file(CONFIGURE OUTPUT ${PAGES_BYTES} CONTENT "@PAGE_BYTES@.section .note.GNU-stack,\"\",@progbits\n" @ONLY)
set_source_files_properties(${PAGES_BYTES} PROPERTIES OBJECT_DEPENDS "${PAGE_FILES}")
