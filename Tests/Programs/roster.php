<?php
// A connector program as published ones in PHP are: cURL, a form's Content-Type on everything, `message` taken for a failure.
//
// Usage: roster.php BASE ID SECRET REFRESH_TOKEN GROUP MEMBER TEXT      Prints the reference of the message that it posted.
[, $base, $connector, $secret, $refresh, $group, $member, $text] = $argv;
$token = 'cla_ofyesterday';

function send(string $method, string $address, array $headers, ?string $body = null): array
{
    $curl = curl_init($address);
    curl_setopt_array($curl, [
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_POSTFIELDS => $body ?? '',
        CURLOPT_HTTPHEADER => array_merge($headers, ['Content-Type: application/x-www-form-urlencoded']),
    ]);
    $answer = json_decode(curl_exec($curl), true, 512, JSON_THROW_ON_ERROR);
    curl_close($curl);
    return $answer;
}

function ask(string $method, string $path, ?string $body = null): array
{
    global $base, $connector, $secret, $refresh, $token;
    $answer = send($method, "$base/v1$path", ["accessToken:$token"], $body);
    if (str_starts_with($answer['message'] ?? '', 'Invalid token. Failure reason:')) {
        $token = send('GET', "$base/v1/accessToken", [
            "applicationId:$connector", "applicationSecret:$secret", "refreshToken:$refresh",
        ])['accessToken'];
        $answer = send($method, "$base/v1$path", ["accessToken:$token"], $body);
    }
    if (isset($answer['message'])) {
        fwrite(STDERR, "$method $path: {$answer['message']}\n");
        exit(1);
    }
    return $answer;
}

if (ask('GET', "/groups/$group")['groupId'] !== $group) exit(2);
if (ask('PUT', "/groups/$group/members", "{'members': ['$member']}")['result'] !== 'true') exit(3);
$names = array_column(ask('GET', "/groups/$group/members")['members'], 'name', 'mobileNumber');
if (!array_key_exists($member, $names)) exit(4);
echo ask('POST', "/groups/$group/messages", json_encode(['message' => $text]))['referenceId'], "\n";
