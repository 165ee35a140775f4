# C++ from api/*.proto, from the google.api and google.rpc protos of
# golang-github-grpc-ecosystem-grpc-gateway-dev, and from the protos of golang-google-grpc-dev that
# every gRPC server speaks. Generated code is compiled without our warnings.
find_path(GOOGLEAPIS_DIR google/api/annotations.proto REQUIRED
  PATHS /usr/share/gocode/src/github.com/grpc-ecosystem/grpc-gateway/third_party/googleapis)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

set(PROTO_OUT ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${PROTO_OUT})

# Relative names, one rule for each file so that make can work on them
# at once.
function(mex_generate_proto out_sources proto)
  cmake_parse_arguments(ARG "GRPC" "ROOT" "" ${ARGN})
  string(REGEX REPLACE "\\.proto$" "" stem ${proto})
  set(outputs ${PROTO_OUT}/${stem}.pb.cc)
  set(arguments --cpp_out=${PROTO_OUT})
  if(ARG_GRPC)
    list(APPEND outputs ${PROTO_OUT}/${stem}.grpc.pb.cc)
    list(APPEND arguments --grpc_out=${PROTO_OUT} --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN})
  endif()
  add_custom_command(OUTPUT ${outputs}
    COMMAND protobuf::protoc -I ${ARG_ROOT} -I ${CMAKE_SOURCE_DIR}/api -I ${GOOGLEAPIS_DIR} ${arguments} ${proto}
    DEPENDS ${ARG_ROOT}/${proto}
    VERBATIM)
  set(${out_sources} ${${out_sources}} ${outputs} PARENT_SCOPE)
endfunction()

foreach(proto google/api/annotations.proto google/api/http.proto google/rpc/status.proto
              google/rpc/error_details.proto)
  mex_generate_proto(GOOGLE_SOURCES ${proto} ROOT ${GOOGLEAPIS_DIR})
endforeach()
add_library(mex_google_protos STATIC ${GOOGLE_SOURCES})
set_target_properties(mex_google_protos PROPERTIES UNITY_BUILD OFF)  # every file has the same names
target_include_directories(mex_google_protos SYSTEM PUBLIC ${PROTO_OUT})
target_link_libraries(mex_google_protos PUBLIC protobuf::libprotobuf)

# Health and reflection.
find_path(GRPC_PROTO_DIR grpc/health/v1/health.proto REQUIRED
  PATHS /usr/share/gocode/src/google.golang.org/grpc/debian/missing-sources/grpc/grpc-proto/master)
find_path(GRPC_GO_DIR reflection/grpc_reflection_v1alpha/reflection.proto REQUIRED
  PATHS /usr/share/gocode/src/google.golang.org/grpc)
mex_generate_proto(STANDARD_SOURCES grpc/health/v1/health.proto ROOT ${GRPC_PROTO_DIR})
mex_generate_proto(STANDARD_SOURCES reflection/grpc_reflection_v1alpha/reflection.proto ROOT ${GRPC_GO_DIR})
add_library(mex_standard_protos STATIC ${STANDARD_SOURCES})
set_target_properties(mex_standard_protos PROPERTIES UNITY_BUILD OFF)
target_include_directories(mex_standard_protos SYSTEM PUBLIC ${PROTO_OUT})
target_link_libraries(mex_standard_protos PUBLIC protobuf::libprotobuf)

foreach(proto mexosagent/v1/conditions.proto mexosagent/v1/files.proto mexosagent/v1/origins.proto)
  mex_generate_proto(API_SOURCES ${proto} ROOT ${CMAKE_SOURCE_DIR}/api)
endforeach()
foreach(proto mexosagent.proto mexosagent/v1/certificates.proto mexosagent/v1/cloud.proto
              mexosagent/v1/client_authentications.proto mexosagent/v1/clusters.proto
              mexosagent/v1/dns_records.proto mexosagent/v1/events.proto mexosagent/v1/flavors.proto
              mexosagent/v1/nginx_proxies.proto
              mexosagent/v1/operations.proto mexosagent/v1/orphans.proto mexosagent/v1/proxies.proto
              mexosagent/v1/unreadable_records.proto)
  mex_generate_proto(API_SOURCES ${proto} ROOT ${CMAKE_SOURCE_DIR}/api GRPC)
endforeach()
add_library(mex_protos STATIC ${API_SOURCES})
# The services' files can share a translation unit: all include gRPC, which takes longer than their own code.
set(messages ${API_SOURCES})
list(FILTER messages EXCLUDE REGEX "\\.grpc\\.pb\\.cc$")
set_source_files_properties(${messages} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
target_link_libraries(mex_protos PUBLIC mex_google_protos gRPC::grpc++)
