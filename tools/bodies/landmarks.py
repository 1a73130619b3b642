"""Landmarks computed from bones and skin; none is typed in as a coordinate.

Every finder returns a bony (or skin) point of the left half or the midline; the
skin point is where a finger would feel it. The right side is the mirror image.
Shares of a bone's length (sacral levels, sternal angle, scapular spine) are our
reading of standard anatomy and are named in ``SHARES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anatomy.mesh.skin import SkinPoint, SkinSurface
from tools.bodies.bones.bones import Mesh
from tools.bodies.bones.fit import FINGERS, Probe, Skeleton, chin_underside
from tools.bodies.bones.limbs import end_of
from tools.bodies.bones.ribs import RIB_LINES, rib_landmarks
from tools.bodies.skin import PosedSkin

Array = NDArray[np.float64]

X, Y, Z = np.eye(3)

#: Shares used where the meshes carry no feature of their own (our inference).
SHARES = {
    "sternal angle": 0.27,  # of notch to xiphoid tip
    "xiphisternal joint": 0.83,
    "scapular root": 0.30,  # of medial border, from the superior angle
    # of the throat, from the sternal notch to the underside of the chin
    "hyoid": 0.95,
    "laryngeal prominence": 0.78,
    "cricoid cartilage": 0.60,
    "S1": 0.16,
    "S2": 0.31,
    "S3": 0.45,
    "S4": 0.58,
    "sacral hiatus": 0.68,
}
#: Over the head the tape counts 8 cun from the glabella to the crown and 10 on to C7; 3 at
#: either end lie before the hairline (WHO Standard Acupuncture Point Locations in the
#: Western Pacific Region, 2008, which measures so where the hairline is not to be seen).
CROWN_CUN = {"anterior": 8.0, "posterior": 10.0}
HAIRLINE_CUN = 3.0


@dataclass
class Found:
    """A landmark before it is laid on the skin."""

    name: str
    bone: Array
    toward: Array | None  # outward ray; None takes the nearest skin
    paired: bool
    segment: str


class Finder:
    """Collects the landmarks of one fitted body."""

    def __init__(
        self, skin: PosedSkin, skeleton: Skeleton, surface: SkinSurface
    ) -> None:
        self.skin, self.skeleton, self.surface = skin, skeleton, surface
        self.probe = Probe(skin)
        self.found: list[Found] = []
        self.stature = float(skin.vertices[:, 2].max())

    def bone(self, name: str) -> Array:
        """Vertices of a bone, the left one of a pair."""
        bones = self.skeleton.bones
        return bones[name][0] if name in bones else bones[f"{name} left"][0]

    def mesh(self, name: str) -> Mesh:
        """Mesh of a bone, the left one of a pair."""
        bones = self.skeleton.bones
        return bones[name] if name in bones else bones[f"{name} left"]

    def add(
        self,
        name: str,
        bone: ArrayLike,
        toward: Array | None = None,
        *,
        segment: str = "trunk",
        paired: bool = True,
    ) -> Array:
        """Note a landmark and return its bony point."""
        point = np.array(bone, float)
        if not paired:
            point[0] = 0.0
        self.found.append(Found(name, point, toward, paired, segment))
        return point

    def extreme(self, points: Array, direction: Array, share: float = 0.02) -> Array:
        """Mean of the points that lie furthest in a direction."""
        along = points @ direction
        near = along >= along.max() - share * np.ptp(along)
        return np.asarray(points[near].mean(axis=0))

    def run(self) -> list[Found]:
        """Find everything."""
        self._spine()
        self._head()
        self._sternum()
        self._shoulder()
        self._arm()
        self._hand()
        self._pelvis()
        self._leg()
        self._foot()
        for name, bone, outward in rib_landmarks(self):
            self.add(name, bone, outward)
        return self.found

    def _spine(self) -> None:
        for letter, numbers in (
            ("C", range(2, 8)),
            ("T", range(1, 13)),
            ("L", range(1, 6)),
        ):
            for number in numbers:
                points = self.bone(f"{letter}{number}")
                near = points[np.abs(points[:, 0]) < 8]
                tip = near[near[:, 1].argmax()]
                segment = "neck" if letter == "C" and number < 7 else "trunk"
                self.add(
                    f"{letter}{number} spinous process",
                    tip,
                    Y,
                    paired=False,
                    segment=segment,
                )
        atlas = self.bone("C1")
        self.add(
            "C1 posterior tubercle",
            atlas[atlas[:, 1].argmax()],
            Y,
            paired=False,
            segment="neck",
        )
        sacrum = self.bone("sacrum")
        top, low = float(sacrum[:, 2].max()), float(sacrum[:, 2].min())
        for name in ("S1", "S2", "S3", "S4", "sacral hiatus"):
            z = top - SHARES[name] * (top - low)
            row = sacrum[(np.abs(sacrum[:, 2] - z) < 9) & (np.abs(sacrum[:, 0]) < 15)]
            title = name if "hiatus" in name else f"{name} level"
            self.add(title, [0, row[:, 1].max(), z], Y, paired=False)
        tip = sacrum[sacrum[:, 2].argmin()]
        self.add("coccyx tip", tip, np.array([0, 0.8, -0.6]), paired=False)

    def _head(self) -> None:
        skull, jaw = self.bone("skull"), self.bone("mandible")
        base = float(self.bone("C1")[:, 2].max())
        rear = skull[
            (skull[:, 1] > np.percentile(skull[:, 1], 45))
            & (skull[:, 0] > 32)
            & (skull[:, 2] < base + 40)
        ]
        mastoid = self.extreme(rear, np.array([0.25, 0, -1.0]), 0.06)
        self.add("mastoid process", mastoid, segment="head")
        inion_z = float(mastoid[2]) + 30.0 * self.stature / 1700
        middle = skull[np.abs(skull[:, 0]) < 10]
        row = middle[np.abs(middle[:, 2] - inion_z) < 8]
        self.add(
            "external occipital protuberance",
            [0, row[:, 1].max(), inion_z],
            Y,
            paired=False,
            segment="head",
        )
        self.add("vertex", self.extreme(middle, Z), Z, paired=False, segment="head")
        eye = self.skin.joints["l-eye"]
        brow = self._profile(eye[2] + 8, eye[2] + 40)
        self.add(
            "glabella", brow[brow[:, 1].argmin()], -Y, paired=False, segment="head"
        )
        bridge = self._profile(eye[2] - 4, eye[2] + 14)
        self.add(
            "nasion", bridge[bridge[:, 1].argmax()], -Y, paired=False, segment="head"
        )
        front = jaw[np.abs(jaw[:, 0]) < 10]
        chin = front[front[:, 2] < front[:, 2].min() + 20]
        self.add("chin", chin[chin[:, 1].argmin()], -Y, paired=False, segment="head")
        ramus = jaw[(jaw[:, 0] > 25)]
        self.add(
            "angle of mandible",
            self.extreme(ramus, np.array([0.5, 0.9, -0.8])),
            segment="head",
        )
        self.add(
            "temporomandibular joint",
            self.extreme(ramus, np.array([0.3, 0.5, 1.0])),
            X,
            segment="head",
        )
        cheek = skull[
            (np.abs(skull[:, 2] - (eye[2] - 22)) < 14)
            & (skull[:, 1] < eye[1] + 60)
            & (skull[:, 0] > 0)
        ]
        self.add("zygomatic arch", self.extreme(cheek, X), X, segment="head")
        socket = np.array([eye[0] + 19.0, eye[1] - 4.0, eye[2]])
        self.add("orbit lateral margin", socket, segment="head")
        self._face()
        self._hairline()
        throat = chin_underside(self.probe, self.stature)[2]
        notch = float(self.bone("sternum and costal cartilages")[:, 2].max())
        for name in ("hyoid", "laryngeal prominence", "cricoid cartilage"):
            z = notch + SHARES[name] * (throat - notch)
            at = np.array([0, self.probe.front(z) + 8.0, z])
            self.add(name, at, -Y, paired=False, segment="neck")

    def _face(self) -> None:
        """Features of the face, where the targets that shape them move most."""
        joints = self.skin.joints
        for name in ("inner canthus", "outer canthus", "ala of nose", "angle of mouth"):
            self.add(name, joints[name], segment="head")
        for name in ("tip of nose", "philtrum", "upper lip"):
            self.add(name, joints[name], -Y, segment="head", paired=False)
        self.add("pupil", joints["l-eye"], -Y, segment="head")
        # the scalp just above the ear, not the ear itself
        apex = joints["auricular apex"] * [0.7, 1.0, 1.0] + [0.0, 0.0, 6.0]
        self.add("auricular apex", apex, X, segment="head")

    def _hairline(self) -> None:
        """Crown between the tips of the ears; hairlines by proportion of the tape."""
        ear, top = self.skin.joints["auricular apex"], self.stature
        crown = self.surface.nearest([0.0, ear[1], top])
        self.add("crown", crown.xyz, segment="head", paired=False)
        named = {f.name: f for f in self.found}
        ends = {"anterior": "glabella", "posterior": "C7 spinous process"}
        for name, end in ends.items():
            start = _lay_on_skin(self, named[end])
            length = self.surface.arc_length(crown, start, X)
            distance = length * HAIRLINE_CUN / CROWN_CUN[name]
            line = self.surface.walk(start, crown.xyz - start.xyz, distance, X)
            self.add(
                f"{name} hairline midpoint", line.xyz, segment="head", paired=False
            )
            if name == "anterior":
                # both corners are as far apart as both mastoids: 9 cun (same source)
                lateral = float(named["mastoid process"].bone[0])
                across = np.cross(self.surface.normal(line), X)
                corner = self.surface.walk(line, X, lateral, across)
                self.add("corner of forehead", corner.xyz, segment="head")

    def _profile(self, low: float, high: float) -> Array:
        """Front midline of the skin between two heights."""
        zs = np.arange(low, high, 1.0)
        return np.array([[0, self.probe.front(float(z)), z] for z in zs])

    def _sternum(self) -> None:
        cage = self.bone("sternum and costal cartilages")
        middle = cage[np.abs(cage[:, 0]) < 9]
        top, low = float(middle[:, 2].max()), float(middle[:, 2].min())

        def front(z: float) -> Array:
            row = middle[np.abs(middle[:, 2] - z) < 14]
            return np.array([0, row[:, 1].min(), z])

        self.add("suprasternal notch", front(top), -Y, paired=False)
        for name in ("sternal angle", "xiphisternal joint"):
            self.add(name, front(top - SHARES[name] * (top - low)), -Y, paired=False)
        self.add("xiphoid tip", front(low), -Y, paired=False)
        self.add("umbilicus", self.skin.joints["navel"], -Y, paired=False)
        self.add("nipple", self.skin.joints["nipple"], -Y)

    def _shoulder(self) -> None:
        clavicle, blade = self.bone("clavicle"), self.bone("scapula")
        medial = self.add(
            "medial end of clavicle", self.extreme(clavicle, -X, 0.05), -Y
        )
        lateral = self.add("lateral end of clavicle", self.extreme(clavicle, X, 0.05))
        half = (medial + lateral) / 2
        near = clavicle[np.abs(clavicle[:, 0] - half[0]) < 14]
        self.add("clavicle midpoint", near.mean(axis=0), np.array([0, -0.8, 0.6]))
        self.add(
            "acromion",
            self.extreme(blade, np.array([1, 0, 0.45]), 0.02),
            np.array([0.55, 0, 0.83]),
        )
        upper = blade[blade[:, 2] > np.percentile(blade[:, 2], 70)]
        angle = self.add(
            "acromial angle",
            self.extreme(upper, np.array([1, 0.9, 0]), 0.03),
            np.array([0.5, 0.85, 0.1]),
        )
        self.add("coracoid process", self.extreme(blade, -Y, 0.03), -Y)
        inner = blade[blade[:, 0] < np.percentile(blade[:, 0], 45)]
        high = self.add(
            "superior angle of scapula",
            self.extreme(inner, np.array([-0.25, 0, 1.0]), 0.03),
            np.array([0, 0.85, 0.5]),
        )
        low = self.add("inferior angle of scapula", self.extreme(blade, -Z, 0.02), Y)
        z = high[2] - SHARES["scapular root"] * (high[2] - low[2])
        row = blade[np.abs(blade[:, 2] - z) < 9]
        root = row[row[:, 0].argmin()]
        self.add("medial border of scapula at spine", [root[0], root[1], z], Y)
        self.add(
            "spine of scapula midpoint",
            (np.array([root[0], root[1], z]) + angle) / 2,
            Y,
        )
        rib = self.bone("rib 5")
        self.add("angle of rib 5", self.extreme(rib, Y, 0.03), Y)

    def _arm(self) -> None:
        humerus, ulna, radius = (self.bone(n) for n in ("humerus", "ulna", "radius"))
        joints = self.skeleton.joints
        upper, fore = "left_upper_arm", "left_forearm"
        top = humerus[humerus[:, 2] > np.percentile(humerus[:, 2], 78)]
        self.add(
            "greater tuberosity of humerus",
            self.extreme(top, X, 0.06),
            X,
            segment=upper,
        )
        shoulder, elbow, wrist = joints["shoulder"], joints["elbow"], joints["wrist"]
        middle = shoulder + 0.46 * (elbow - shoulder)
        self.add("deltoid tuberosity", middle + 9 * X, X, segment=upper)
        low = humerus[(humerus - elbow) @ _down(shoulder, elbow) > -28]
        self.add("lateral epicondyle", self.extreme(low, X, 0.05), X, segment=upper)
        self.add("medial epicondyle", self.extreme(low, -X, 0.05), -X, segment=upper)
        near = ulna[ulna[:, 2] > ulna[:, 2].max() - 30]
        self.add(
            "olecranon",
            self.extreme(near, np.array([0, 1, 0.2]), 0.05),
            Y,
            segment=fore,
        )
        self.add(
            "radial head",
            end_of((radius, None), Z, 0.06),  # type: ignore[arg-type]
            np.array([0.8, 0.6, 0]),
            segment=fore,
        )
        self.add(
            "cubital crease midpoint", elbow + np.array([0, -20, 0]), -Y, segment=fore
        )
        down = _down(elbow, wrist)
        across = X - down * down[0]
        self.add(
            "radial styloid",
            self.extreme(radius, down + 0.5 * across, 0.02),
            across,
            segment=fore,
        )
        self.add(
            "ulnar styloid",
            self.extreme(ulna, down - 0.3 * across, 0.02),
            np.array([-0.6, 0.8, 0]),
            segment=fore,
        )
        hand = "left_hand"
        self.add("distal wrist crease midpoint", wrist + down * 4, -Y, segment=hand)
        self.add("pisiform", self.bone("pisiform").mean(axis=0), -Y, segment=hand)
        self.add(
            "scaphoid tubercle",
            self.extreme(self.bone("scaphoid"), np.array([0.2, -1, -0.4]), 0.1),
            -Y,
            segment=hand,
        )

    def _hand(self) -> None:
        segment = "left_hand"
        for finger in FINGERS:
            bone = self.bone(f"metacarpal {finger}")
            way = bone.mean(axis=0) - self.skeleton.joints["wrist"]
            way /= np.linalg.norm(way)
            back = Y if finger > 1 else np.array([0.7, 0.7, 0])
            base, head = self.extreme(bone, -way, 0.08), self.extreme(bone, way, 0.08)
            self.add(f"base of metacarpal {finger}", base, back, segment=segment)
            self.add(f"head of metacarpal {finger}", head, back, segment=segment)
            if finger == 2:
                self.add(
                    "midpoint of metacarpal 2", (base + head) / 2, back, segment=segment
                )
            tip = self.bone(f"distal phalanx of finger {finger}")
            self.add(
                f"tip of finger {finger}",
                self.extreme(tip, way, 0.05),
                way,
                segment=segment,
            )

    def _pelvis(self) -> None:
        hip, femur = self.bone("hip bone"), self.bone("femur")
        high = float(hip[:, 2].max())
        height = float(np.ptp(hip[:, 2]))
        self.add("iliac crest", self.extreme(hip, np.array([0.4, 0.15, 1.0]), 0.02))
        upper = hip[hip[:, 2] > high - 0.55 * height]
        asis = self.add(
            "ASIS",
            self.extreme(upper, np.array([0.35, -1, 0]), 0.03),
            np.array([0.35, -0.94, 0]),
        )
        self.add("PSIS", self.extreme(upper, Y, 0.03), Y)
        below = hip[
            (hip[:, 2] < asis[2] - 22) & (hip[:, 2] > asis[2] - 48) & (hip[:, 0] > 45)
        ]
        self.add("AIIS", self.extreme(below, -Y, 0.05), -Y)
        pubis = hip[(hip[:, 0] < 14) & (hip[:, 1] < np.percentile(hip[:, 1], 35))]
        top = float(pubis[:, 2].max())
        front = pubis[pubis[:, 2] > top - 12]
        symphysis = self.add(
            "pubic symphysis", self.extreme(front, -Y, 0.1), -Y, paired=False
        )
        tubercle = self.add(
            "pubic tubercle", symphysis + np.array([25.0, 4.0, 1.0]), -Y
        )
        self.add("inguinal ligament midpoint", (asis + tubercle) / 2, -Y)
        low = hip[hip[:, 2] < hip[:, 2].min() + 0.2 * height]
        sit = self.add(
            "ischial tuberosity",
            self.extreme(low, np.array([0, 0.7, -0.7]), 0.04),
            np.array([0, 0.9, -0.43]),
        )
        top_femur = femur[femur[:, 2] > np.percentile(femur[:, 2], 60)]
        self.add(
            "greater trochanter",
            self.extreme(top_femur, X, 0.05),
            X,
            segment="left_thigh",
        )
        hip_x = float(self.skeleton.joints["hip"][0])
        zs = np.arange(sit[2] - 90, sit[2] + 20, 2.0)
        y = np.array([self.probe.back(float(z), hip_x) for z in zs])
        bend = np.gradient(
            np.gradient(np.convolve(np.pad(y, 4, "edge"), np.ones(9) / 9, "valid"))
        )
        fold = int(bend[6:-6].argmax()) + 6
        self.add(
            "gluteal fold midpoint", [hip_x, y[fold], zs[fold]], Y, segment="left_thigh"
        )

    def _leg(self) -> None:
        joints = self.skeleton.joints
        patella, femur = self.bone("patella"), self.bone("femur")
        tibia, fibula = self.bone("tibia"), self.bone("fibula")
        thigh, leg = "left_thigh", "left_leg"
        self.add("base of patella", self.extreme(patella, Z, 0.08), -Y, segment=thigh)
        self.add("apex of patella", self.extreme(patella, -Z, 0.05), -Y, segment=leg)
        self.add(
            "patella lateral border",
            self.extreme(patella, X, 0.05),
            np.array([0.5, -0.86, 0]),
            segment=thigh,
        )
        low = femur[femur[:, 2] < femur[:, 2].min() + 42]
        self.add(
            "medial femoral epicondyle", self.extreme(low, -X, 0.05), -X, segment=thigh
        )
        self.add(
            "lateral femoral epicondyle", self.extreme(low, X, 0.05), X, segment=thigh
        )
        knee, ankle = joints["knee"], joints["ankle"]
        self.add(
            "popliteal crease midpoint", knee + np.array([0, 20, 8]), Y, segment=leg
        )
        self.add(
            "head of fibula",
            self.extreme(fibula, Z, 0.03),
            np.array([0.9, 0.43, 0]),
            segment=leg,
        )
        plateau = tibia[tibia[:, 2] > tibia[:, 2].max() - 22]
        self.add(
            "medial tibial plateau", self.extreme(plateau, -X, 0.06), -X, segment=leg
        )
        self.add(
            "lateral tibial plateau", self.extreme(plateau, X, 0.06), X, segment=leg
        )
        bump = tibia[
            (tibia[:, 2] < tibia[:, 2].max() - 24)
            & (tibia[:, 2] > tibia[:, 2].max() - 55)
        ]
        self.add("tibial tuberosity", self.extreme(bump, -Y, 0.05), -Y, segment=leg)
        foot_end = tibia[tibia[:, 2] < tibia[:, 2].min() + 30]
        self.add(
            "medial malleolus",
            self.extreme(foot_end, np.array([-1, 0, -0.5]), 0.05),
            -X,
            segment=leg,
        )
        end = fibula[fibula[:, 2] < fibula[:, 2].min() + 30]
        self.add(
            "lateral malleolus",
            self.extreme(end, np.array([1, 0, -0.5]), 0.05),
            X,
            segment=leg,
        )
        self.add(
            "anterior ankle crease midpoint",
            ankle + np.array([0, -15, 4]),
            np.array([0, -0.9, 0.43]),
            segment=leg,
        )

    def _foot(self) -> None:
        segment = "left_foot"
        heel, navicular = self.bone("calcaneus"), self.bone("navicular")
        self.add("calcaneus", heel.mean(axis=0), X, segment=segment)
        self.add(
            "calcaneal tuberosity",
            self.extreme(heel, np.array([0, 0.7, -0.7]), 0.04),
            np.array([0, 0.85, -0.5]),
            segment=segment,
        )
        self.add(
            "Achilles insertion",
            self.extreme(heel, np.array([0, 1, 0.5]), 0.04),
            Y,
            segment=segment,
        )
        self.add(
            "navicular tuberosity",
            self.extreme(navicular, -X, 0.08),
            np.array([-1, 0, 0]),
            segment=segment,
        )
        self.add(
            "navicular dorsal prominence",
            self.extreme(navicular, Z, 0.08),
            np.array([0, -0.4, 0.92]),
            segment=segment,
        )
        forward = np.array([0.0, -1.0, 0.0])
        for ray in FINGERS:
            bone = self.bone(f"metatarsal {ray}")
            self.add(
                f"base of metatarsal {ray}",
                self.extreme(bone, -forward, 0.08),
                Z,
                segment=segment,
            )
            self.add(
                f"head of metatarsal {ray}",
                self.extreme(bone, forward, 0.08),
                Z,
                segment=segment,
            )
            tip = self.bone(f"distal phalanx of toe {ray}")
            self.add(
                f"tip of toe {ray}",
                self.extreme(tip, forward, 0.05),
                forward,
                segment=segment,
            )


def _down(start: Array, end: Array) -> Array:
    return np.asarray((end - start) / np.linalg.norm(end - start))


def _lay_on_skin(finder: Finder, found: Found) -> SkinPoint:
    """Where a finger feels it: along the outward ray when that is near, else nearest."""
    core = found.segment in ("trunk", "neck", "head")
    nearest = finder.surface.nearest(
        finder.probe.on_core(found.bone[None])[0] if core else found.bone
    )
    if found.toward is None:
        return nearest
    way = found.toward / np.linalg.norm(found.toward)
    for candidate in [finder.probe.core if core else finder.probe.mesh]:
        place, _, _ = candidate.ray.intersects_location(
            found.bone[None] - way * 0.5, way[None], multiple_hits=False
        )
        if len(place):
            reach = float(np.linalg.norm(place[0] - found.bone))
            direct = float(np.linalg.norm(nearest.xyz - found.bone))
            if reach < max(45.0, 2.5 * direct):
                return finder.surface.nearest(place[0])
    return nearest


def build_landmarks(
    skin: PosedSkin, skeleton: Skeleton, surface: SkinSurface
) -> list[dict[str, Any]]:
    """Return the landmark records of a body: both sides, with skin and bone places."""
    finder = Finder(skin, skeleton, surface)
    records: list[dict[str, Any]] = []
    for found in finder.run():
        point = _lay_on_skin(finder, found)
        sides = ("left", "right") if found.paired else ("midline",)
        for side in sides:
            flip = np.array([-1.0 if side == "right" else 1.0, 1.0, 1.0])
            if side == "midline":
                flip[0] = 0.0
            spot = surface.nearest(point.xyz * flip)
            segment = found.segment
            if side == "right":
                segment = segment.replace("left_", "right_")
            records.append(
                {
                    "name": found.name,
                    "side": side,
                    "xyz": np.round(spot.xyz, 3).tolist(),
                    "face": int(spot.face),
                    "bary": np.round(spot.bary, 6).tolist(),
                    "bone_xyz": np.round(found.bone * flip, 2).tolist(),
                    "segment": segment,
                    "chart": home_chart(surface.normal(spot), segment, side),
                }
            )
    return records


def home_chart(normal: Array, segment: str, side: str) -> str:
    """Name the chart that shows a skin point best, by where its skin faces."""
    x, y, z = normal
    if segment.endswith("hand"):
        return f"{segment}_{'dorsal' if y > 0 else 'palmar'}"
    if segment.endswith("foot"):
        prefix = segment
        outward = x if segment.startswith("left") else -x
        if abs(z) >= abs(x):
            return f"{prefix}_{'dorsal' if z > 0 else 'plantar'}"
        return f"{prefix}_{'lateral' if outward > 0 else 'medial'}"
    if abs(y) >= 0.55 * abs(x):
        return "posterior" if y > 0 else "anterior"
    if segment in ("trunk", "neck", "head"):
        return f"{'left' if x > 0 else 'right'}_lateral"
    limb_side, _, part = segment.partition("_")
    outward = x if limb_side == "left" else -x
    if part in ("upper_arm", "forearm"):
        return f"{limb_side}_arm_{'lateral' if outward > 0 else 'medial'}"
    return f"{limb_side}_lateral" if outward > 0 else f"{limb_side}_leg_medial"


__all__ = ["RIB_LINES", "Finder", "build_landmarks", "home_chart"]
