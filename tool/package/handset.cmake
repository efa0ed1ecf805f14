# SPDX-License-Identifier: Apache-2.0
set(CPACK_COMPONENTS_ALL imeilock-handset)

imeilock_package(imeilock-handset PAGES imeilock-handset.1)
install(TARGETS imeilock-handset imeilock-handset-verify
  DESTINATION bin COMPONENT imeilock-handset)
# one page for both
install(FILES "${package_folder}/imeilock-handset-imeilock-handset.1.gz"
  DESTINATION share/man/man1 RENAME imeilock-handset-verify.1.gz
  COMPONENT imeilock-handset)
install(FILES profiles/virtual-additive.yaml profiles/virtual-once.yaml
  DESTINATION ${package_doc}/profiles COMPONENT imeilock-handset)
set(CPACK_DEBIAN_IMEILOCK-HANDSET_PACKAGE_RECOMMENDS "imeilock, softhsm2")
set(CPACK_DEBIAN_IMEILOCK-HANDSET_PACKAGE_SECTION devel)
set(CPACK_COMPONENT_IMEILOCK-HANDSET_DESCRIPTION
"virtual handset to try imeilock with
The agent of imeilock as a process over a model of the fuses, which is unkind
on purpose: it loses power where it is told to, its cells can be weak, its
locks can lie. For development, training and tests; no part of a production
line needs it.")
