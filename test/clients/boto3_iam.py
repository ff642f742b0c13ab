"""IAM as a boto3 user drives it: waiters and every paginator there is; every assert is a promise of ours. Run by boto3.test.ts."""
import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

iam = boto3.client("iam", config=Config(retries={"total_max_attempts": 1}))
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
soon = {"Delay": 1, "MaxAttempts": 2}


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return
    raise AssertionError(f"{code} expected")


def pages(name, key, **arguments):
    return [item for page in iam.get_paginator(name).paginate(PaginationConfig={"PageSize": 1}, **arguments) for item in page[key]]


for n in (1, 2):
    iam.create_user(UserName=f"u{n}", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.create_role(RoleName=f"r{n}", AssumeRolePolicyDocument=trust, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.create_group(GroupName=f"g{n}")
    iam.create_instance_profile(InstanceProfileName=f"i{n}", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.create_policy(PolicyName=f"p{n}", PolicyDocument=json.dumps(allow), Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.add_user_to_group(GroupName=f"g{n}", UserName="u1")
    iam.add_role_to_instance_profile(InstanceProfileName=f"i{n}", RoleName="r1")
    iam.create_access_key(UserName="u1")
iam.add_user_to_group(GroupName="g1", UserName="u2")
policy = iam.list_policies(Scope="Local")["Policies"][0]["Arn"]
assert policy == "arn:aws:iam::111122223333:policy/p1", policy

iam.get_waiter("user_exists").wait(UserName="u1", WaiterConfig=soon)
iam.get_waiter("role_exists").wait(RoleName="r1", WaiterConfig=soon)
iam.get_waiter("policy_exists").wait(PolicyArn=policy, WaiterConfig=soon)
iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="i1", WaiterConfig=soon)
try:
    iam.get_waiter("user_exists").wait(UserName="nobody", WaiterConfig={"Delay": 0, "MaxAttempts": 2})
    raise AssertionError("nobody exists")
except WaiterError:
    pass

for kind, name in (("user", "u1"), ("role", "r1"), ("group", "g1")):
    who = {f"{kind.title()}Name": name}
    for n in (1, 2):
        getattr(iam, f"put_{kind}_policy")(PolicyName=f"in{n}", PolicyDocument=json.dumps(allow), **who)
    for arn in (policy, READ_ONLY):
        getattr(iam, f"attach_{kind}_policy")(PolicyArn=arn, **who)
    assert pages(f"list_{kind}_policies", "PolicyNames", **who) == ["in1", "in2"]
    assert [p["PolicyName"] for p in pages(f"list_attached_{kind}_policies", "AttachedPolicies", **who)] == ["p1", "AmazonS3ReadOnlyAccess"]
    assert getattr(iam, f"get_{kind}_policy")(PolicyName="in1", **who)["PolicyDocument"] == allow

assert [u["UserName"] for u in pages("list_users", "Users")] == ["u1", "u2"]
assert [r["RoleName"] for r in pages("list_roles", "Roles")] == ["r1", "r2"]
assert [g["GroupName"] for g in pages("list_groups", "Groups")] == ["g1", "g2"]
assert [g["GroupName"] for g in pages("list_groups_for_user", "Groups", UserName="u1")] == ["g1", "g2"]
assert [u["UserName"] for u in pages("get_group", "Users", GroupName="g1")] == ["u1", "u2"]
assert len(pages("list_access_keys", "AccessKeyMetadata", UserName="u1")) == 2
assert len(pages("list_instance_profiles", "InstanceProfiles")) == 2
assert len(pages("list_instance_profiles_for_role", "InstanceProfiles", RoleName="r1")) == 2
assert len(pages("list_policies", "Policies", Scope="Local")) == 2
iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(allow))
assert [v["VersionId"] for v in pages("list_policy_versions", "Versions", PolicyArn=policy)] == ["v2", "v1"]
assert [t["Key"] for t in pages("list_user_tags", "Tags", UserName="u1")] == ["a", "b"]
assert [t["Key"] for t in pages("list_role_tags", "Tags", RoleName="r1")] == ["a", "b"]
assert [t["Key"] for t in pages("list_instance_profile_tags", "Tags", InstanceProfileName="i1")] == ["a", "b"]
assert [t["Key"] for t in pages("list_policy_tags", "Tags", PolicyArn=policy)] == ["a", "b"]
actions = ["s3:GetObject", "s3:PutObject"]
decided = pages("simulate_custom_policy", "EvaluationResults", PolicyInputList=[json.dumps(allow)], ActionNames=actions)
assert [d["EvalDecision"] for d in decided] == ["allowed", "implicitDeny"], decided
decided = pages("simulate_principal_policy", "EvaluationResults", PolicySourceArn="arn:aws:iam::111122223333:user/u1", ActionNames=actions)
assert [d["EvalDecision"] for d in decided] == ["allowed", "implicitDeny"], decided
assert [len(pages("list_entities_for_policy", f"Policy{kind}", PolicyArn=policy)) for kind in ("Users", "Roles", "Groups")] == [1, 1, 1]
details = iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2}).build_full_result()
assert [len(details[key]) for key in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")] == [2, 2, 2, 3], details
assert details["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"] == allow
assert iam.get_account_summary()["SummaryMap"]["Users"] == 2
iam.create_account_alias(AccountAlias="boto")
assert pages("list_account_aliases", "AccountAliases") == ["boto"]
for name, key in (("list_mfa_devices", "MFADevices"), ("list_virtual_mfa_devices", "VirtualMFADevices"), ("list_ssh_public_keys", "SSHPublicKeys"), ("list_signing_certificates", "Certificates"), ("list_server_certificates", "ServerCertificateMetadataList")):
    assert pages(name, key) == [], name

iam.create_login_profile(UserName="u1", Password="Correct-horse-1")
assert iam.get_login_profile(UserName="u1")["LoginProfile"]["UserName"] == "u1"
refused("EntityAlreadyExists", iam.create_login_profile, UserName="u1", Password="Correct-horse-1")
refused("PasswordPolicyViolation", iam.update_login_profile, UserName="u1", Password="weak")
refused("MalformedPolicyDocument", iam.put_user_policy, UserName="u1", PolicyName="x", PolicyDocument="{}")
refused("InvalidInput", iam.put_user_permissions_boundary, UserName="u1", PermissionsBoundary="arn:aws:iam::111122223333:user/not-a-policy")
refused("NoSuchEntity", iam.get_instance_profile, InstanceProfileName="nothing")
refused("DeleteConflict", iam.delete_group, GroupName="g1")
refused("LimitExceeded", iam.create_access_key, UserName="u1")
role = iam.create_service_linked_role(AWSServiceName="replicator.lambda.amazonaws.com")["Role"]["RoleName"]
refused("UnmodifiableEntity", iam.delete_role, RoleName=role)
task = iam.delete_service_linked_role(RoleName=role)["DeletionTaskId"]
assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
iam.update_user(UserName="u2", NewUserName="renamed")
assert iam.get_user(UserName="renamed")["User"]["Arn"] == "arn:aws:iam::111122223333:user/renamed"

print("all of it worked")
