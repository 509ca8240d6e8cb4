"""An ASF skeleton made by hand, and AMC motions on it, for the tests of their reader."""

ASF = """# made up
:version 1.10
:name two arms
:units
  mass 1.0
  length 0.45
  angle deg
:documentation
   any text: with (words)
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 1 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name thorax
     direction 0.1 0.9 0.2
     length 5
     axis 10 -20 30 XYZ
    dof rx ry rz
    limits (-180.0 180.0)
           (-180.0 180.0)
           (-180.0 180.0)
  end
  begin
     name lhumerus
     direction 1 0 0
     length 2.5
     axis 5 80 -20  XYZ
    dof rz rx
  end
  begin
     name rhumerus
     direction -1 0 0.5
     length 2.5
     axis -70 8 12  XYZ
  end
  begin
     name lradius
     direction 0.7 -0.7 0
     length 3
     axis 15 0 0  XYZ
    dof rx
  end
:hierarchy
  begin
    root thorax
    thorax lhumerus rhumerus
    lhumerus lradius
  end
"""
CHANNELS = {"root": 6, "thorax": 3, "lhumerus": 2, "lradius": 1}


def amc(frames):
    """The text of a motion; each frame is a dict of a bone's name and values."""
    lines = [":FULLY-SPECIFIED", ":DEGREES"]
    for number, frame in enumerate(frames, 1):
        lines += [str(number), *(f"{name} {' '.join(map(str, values))}" for name, values in frame.items())]
    return "\n".join(lines) + "\n"
