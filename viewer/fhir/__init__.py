"""FHIR R4 and R5: what is needlemap's as resources, and resources as what is its.

All of it is plain data in and out; nothing is sent and no library of FHIR is needed.
``parts`` takes resources apart, ``made`` puts them together, ``versions`` tells the two
versions from each other, ``questionnaire`` and ``responses`` are a patient's facts,
``structures`` a site, ``needle`` the plan, ``risk`` an assessment, ``provenance`` what
it rests on, ``outcome`` an error; ``validation`` needs the extra ``fhir``.
"""
