# SPDX-License-Identifier: Apache-2.0
#
# Debian packages, one a component: imeilock and imeilock-signer, or, where the
# virtual handset is built, imeilock-handset alone: a build with development
# parts is no release.
set(IMEILOCK_MAINTAINER "imeilock developers <imeilock@localhost>" CACHE STRING
  "Who stands in the packages as their maintainer")
set(package_version "${PROJECT_VERSION}-1")
set(package_folder "${CMAKE_BINARY_DIR}/package")
set(package_files "")
file(MAKE_DIRECTORY "${package_folder}")

# imeilock_compressed(COMPONENT FILE DESTINATION [NAME]): FILE.gz, as NAME.gz
function(imeilock_compressed component file destination)
  get_filename_component(name "${file}" NAME)
  if(ARGC GREATER 3)
    set(name "${ARGV3}")
  endif()
  set(target "${package_folder}/${component}-${name}.gz")
  add_custom_command(
    OUTPUT "${target}"
    COMMAND gzip -9nc "${file}" > "${target}"
    DEPENDS "${file}"
    VERBATIM)
  set(package_files ${package_files} "${target}" PARENT_SCOPE)
  install(FILES "${target}" DESTINATION "${destination}" RENAME "${name}.gz"
    COMPONENT ${component})
endfunction()

# imeilock_package(COMPONENT PAGES page...): what every package has
macro(imeilock_package component)
  cmake_parse_arguments(arg "" "" "PAGES" ${ARGN})
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${component})
  set(package_doc "share/doc/${component}")
  set(changes "${package_folder}/${component}.changes")
  add_custom_command(
    OUTPUT "${changes}"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/changes.sh" "${CMAKE_SOURCE_DIR}/CHANGELOG.md"
      ${component} ${package_version} "${IMEILOCK_MAINTAINER}" > "${changes}"
    DEPENDS "${CMAKE_SOURCE_DIR}/CHANGELOG.md"
      "${CMAKE_CURRENT_LIST_DIR}/changes.sh"
    VERBATIM)
  imeilock_compressed(${component} "${changes}" "${package_doc}"
    changelog.Debian)
  install(FILES "${CMAKE_CURRENT_LIST_DIR}/copyright"
    DESTINATION "${package_doc}" COMPONENT ${component})
  foreach(page IN LISTS arg_PAGES)
    string(REGEX REPLACE ".*\\." "" section "${page}")
    imeilock_compressed(${component} "${CMAKE_BINARY_DIR}/man/${page}"
      "share/man/man${section}")
  endforeach()
endmacro()

if(IMEILOCK_VIRTUAL_HANDSET)
  include("${CMAKE_CURRENT_LIST_DIR}/handset.cmake")
else()
  include("${CMAKE_CURRENT_LIST_DIR}/release.cmake")
endif()
add_custom_target(package_files ALL DEPENDS ${package_files})

set(CPACK_GENERATOR DEB)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_CONTACT "${IMEILOCK_MAINTAINER}")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY "${CMAKE_BINARY_DIR}/packages")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
