# SPDX-License-Identifier: Apache-2.0
set(CPACK_COMPONENTS_ALL imeilock imeilock-signer)

imeilock_package(imeilock
  PAGES
    imeilock.1
    imeilock-imei.1
    imeilock-inspect.1
    imeilock-key.1
    imeilock-ledger.1
    imeilock-profile.1
    imeilock-provision.1
    imeilock-slots.1
    imeilock-station.1
    imeilock-tac.1
    imeilock-verify.1)
install(TARGETS imeilock DESTINATION bin COMPONENT imeilock)
install(FILES tool/imeilock.bash
  DESTINATION share/bash-completion/completions RENAME imeilock
  COMPONENT imeilock)
install(FILES README.md DESTINATION ${package_doc} COMPONENT imeilock)
imeilock_compressed(imeilock "${CMAKE_SOURCE_DIR}/CHANGELOG.md"
  "${package_doc}" changelog)
# as they are in the source, since they point at each other
install(DIRECTORY docs/ DESTINATION ${package_doc}/docs COMPONENT imeilock
  FILES_MATCHING PATTERN "*.md" PATTERN "*.cddl" PATTERN man EXCLUDE)
install(FILES profiles/FORMAT.md profiles/zcu102.yaml
  DESTINATION ${package_doc}/profiles COMPONENT imeilock)
install(FILES tool/systemd/imeilock-station@.service
  DESTINATION lib/systemd/system COMPONENT imeilock)
foreach(kind IN ITEMS sysusers tmpfiles)
  install(FILES tool/systemd/imeilock.${kind}
    DESTINATION lib/${kind}.d RENAME imeilock.conf COMPONENT imeilock)
endforeach()
set(station_scripts "${CMAKE_CURRENT_LIST_DIR}/station")
set(CPACK_DEBIAN_IMEILOCK_PACKAGE_CONTROL_EXTRA
  "${station_scripts}/postinst;${station_scripts}/prerm;${station_scripts}/postrm")
# the tool starts the signer of its own version; its postinst calls systemd's
set(CPACK_DEBIAN_IMEILOCK_PACKAGE_DEPENDS
  "imeilock-signer (= ${package_version}), systemd")
set(CPACK_DEBIAN_IMEILOCK_PACKAGE_SUGGESTS bash-completion)
set(CPACK_DEBIAN_IMEILOCK_PACKAGE_SECTION utils)
set(CPACK_COMPONENT_IMEILOCK_DESCRIPTION
"write the IMEI of a new handset once, and lock it
imeilock talks to a small agent on a new handset, which burns
one-time-programmable memory. Tickets from an HSM say which chip may carry
which IMEI; read-back, lock and signed evidence show that the IMEI is unique
and is not changed any more (3GPP TS 22.016).
.
This is the command for the line, the engineer and quality assurance. It has
no way to change an IMEI that was written.")

imeilock_package(imeilock-signer PAGES imeilock-signer.8)
install(TARGETS imeilock-signer DESTINATION bin COMPONENT imeilock-signer)
install(FILES hsm/systemd/imeilock-signer@.service
  hsm/systemd/imeilock-signer@.socket
  DESTINATION lib/systemd/system COMPONENT imeilock-signer)
foreach(kind IN ITEMS sysusers tmpfiles)
  install(FILES hsm/systemd/imeilock-signer.${kind}
    DESTINATION lib/${kind}.d RENAME imeilock-signer.conf
    COMPONENT imeilock-signer)
endforeach()
set(CPACK_DEBIAN_IMEILOCK-SIGNER_PACKAGE_CONTROL_EXTRA
  "${CMAKE_CURRENT_LIST_DIR}/postinst;${CMAKE_CURRENT_LIST_DIR}/prerm;${CMAKE_CURRENT_LIST_DIR}/postrm")
# what its postinst calls
set(CPACK_DEBIAN_IMEILOCK-SIGNER_PACKAGE_DEPENDS systemd)
set(CPACK_DEBIAN_IMEILOCK-SIGNER_PACKAGE_SUGGESTS "opensc, softhsm2")
set(CPACK_DEBIAN_IMEILOCK-SIGNER_PACKAGE_SECTION utils)
set(CPACK_COMPONENT_IMEILOCK-SIGNER_DESCRIPTION
"signer of imeilock, the one process that has keys
The signer holds the session with a PKCS#11 token, and decides what is signed.
It takes typed requests, such as \"a ticket for this chip and this number\",
never digests, and keeps a register of every number that it signed for.
.
The command imeilock starts it where it is needed, or systemd as a service
under a user of its own.")
