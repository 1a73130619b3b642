"""What programs may ask, and how it is read.

``reading`` takes a call apart, ``requests`` and ``results`` describe what is sent and
answered, ``sources`` leaves bibliography out on wish, ``zones`` and ``pictures`` hold
the longer answers.
"""
